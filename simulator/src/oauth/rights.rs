//! What the holder of a token may do.

use std::{collections::BTreeSet, sync::Arc};

/// Permissions in the form `domain:entity:action`. Permissions go for all divisions.
#[derive(Clone, Debug)]
pub(crate) enum Rights {
    /// Every permission that there is.
    Everything,
    /// These, in any case; `*` as the last part, or as the last two, stands for all, as in
    /// Genesys' own roles.
    Listed(Arc<BTreeSet<String>>),
}

impl Rights {
    /// Of a client with this list; without a list, everything.
    pub(crate) fn of_list(list: Option<&BTreeSet<String>>) -> Self {
        list.map_or(Self::Everything, |list| {
            Self::Listed(Arc::new(list.iter().map(|permission| permission.to_ascii_lowercase()).collect()))
        })
    }

    /// Whether this permission is among them.
    pub(crate) fn include(&self, permission: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Listed(list) => {
                let permission = permission.to_ascii_lowercase();
                let mut parts = permission.splitn(3, ':');
                let (domain, entity) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                [permission.clone(), format!("{domain}:{entity}:*"), format!("{domain}:*:*")]
                    .iter()
                    .any(|name| list.contains(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_permissions_are_compared_in_any_case_and_a_star_is_every_action() {
        let list = BTreeSet::from([
            "routing:queue:*".to_owned(),
            "presence:userPresence:edit".to_owned(),
            "wfm:*:*".to_owned(),
        ]);
        let rights = Rights::of_list(Some(&list));
        assert!(rights.include("wfm:schedule:view") && !rights.include("wfmx:schedule:view"));
        assert!(rights.include("routing:queue:view") && rights.include("presence:userPresence:edit"));
        assert!(
            !rights.include("routing:queueMember:manage") && !rights.include("presence:userPresence:view")
        );
        assert!(Rights::of_list(None).include("anything:at:all"));
        assert!(!Rights::of_list(Some(&BTreeSet::new())).include("routing:queue:view"));
    }
}
