//! The roles a caller can hold. What each of them opens is said by the policy function, not here.

use std::{fmt, str::FromStr};

/// A right to a kind of request, given to callers by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks at walls.
    Viewer,
    /// Changes one agent at a time.
    Supervisor,
    /// Changes many agents in one run.
    Bulk,
    /// Draws walls.
    Designer,
    /// Looks after screens.
    Fleet,
    /// Reads the audit log.
    Auditor,
    /// Administers this Rollcall.
    Admin,
}

impl Role {
    /// Every role, in the order in which they are listed to people.
    pub const ALL: [Self; 7] =
        [Self::Viewer, Self::Supervisor, Self::Bulk, Self::Designer, Self::Fleet, Self::Auditor, Self::Admin];

    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Supervisor => "supervisor",
            Self::Bulk => "bulk",
            Self::Designer => "designer",
            Self::Fleet => "fleet",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no role.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{0}\" is not a role; use {all}", all = Roles::ALL)]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        let named = Self::ALL.into_iter().find(|role| role.name() == word);
        named.ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// A set of roles. None of them contains another: who holds only `supervisor` is no viewer.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Roles(u8);

impl Roles {
    /// No role at all.
    pub const NONE: Self = Self(0);
    /// Every role.
    pub const ALL: Self = {
        let mut bits = 0;
        let mut at = 0;
        while at < Role::ALL.len() {
            bits |= Role::ALL[at].bit();
            at += 1;
        }
        Self(bits)
    };

    /// Whether the role is in the set.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether there is no role in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |&role| self.contains(role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, role) in self.iter().enumerate() {
            write!(f, "{}{role}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roles({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reads_back_from_its_name() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert!(Roles::ALL.contains(role) && !Roles::NONE.contains(role));
        }
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        assert_eq!(
            "boss".parse::<Role>().unwrap_err().to_string(),
            "\"boss\" is not a role; use viewer, supervisor, bulk, designer, fleet, auditor, admin"
        );
    }

    #[test]
    fn a_set_holds_what_it_was_made_of() {
        let roles: Roles = [Role::Auditor, Role::Viewer, Role::Viewer].into_iter().collect();
        assert_eq!(format!("{roles:?}"), "Roles(viewer, auditor)");
        assert!(!roles.contains(Role::Admin) && !roles.is_empty());
        assert_eq!(roles.iter().collect::<Roles>(), roles);
    }
}
