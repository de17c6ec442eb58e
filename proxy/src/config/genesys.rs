//! `[genesys]`: which organisation, and the OAuth clients that speak for Rollcall.

use super::{
    client::{
        self, CLIENT_CHANNELS, CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE, ClientConfig, refuse_torn,
        refuse_well_known,
    },
    document::{Faults, Found, Key, Place, Reported, Section},
    origin::Origin,
    region,
    secret::{self, Secret},
};

/// Where Genesys Cloud is and who we are to it.
#[derive(Clone, Debug)]
pub struct GenesysConfig {
    /// Where tokens are asked for, without a slash at the end: `https://login.{domain}` of the
    /// region, or `base_url`. Variable `GENESYSCLOUD_REGION`; no default.
    pub login_url: String,
    /// Where the API is, without a slash at the end: `https://api.{domain}` of the region, or
    /// `base_url`. Variable `GENESYSCLOUD_REGION`; no default.
    pub api_url: String,
    /// The OAuth clients: that of `[genesys]`, and those of `[[genesys.client]]` in the order of the file. Never empty.
    pub clients: Vec<ClientConfig>,
    /// Queues, by name or id, that are listened to before all others when the channels do not carry all. Key
    /// `always_on`, no variable; default none.
    pub always_on: Vec<String>,
    /// Whether upstream is a simulator on this machine; there is no key for it.
    pub is_loopback: bool,
}

impl GenesysConfig {
    /// Where upstream is, in a word that may be shown: the domain of its region, or that it is a simulator.
    #[must_use]
    pub fn name(&self) -> String {
        if self.is_loopback {
            return "simulator".to_owned();
        }
        let host = self.api_url.rsplit('/').next().unwrap_or_default();
        host.strip_prefix("api.").unwrap_or(host).to_owned()
    }
}

const REGION: Key = Key { name: "region", example: "\"eu_central_1\"" };
const BASE_URL: Key = Key { name: "base_url", example: "\"http://127.0.0.1:8081\"" };
const ALWAYS_ON: Key = Key { name: "always_on", example: "[\"Support\"]" };
/// Every key of the section.
pub(super) const KEYS: &[Key] =
    &[REGION, BASE_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE, CLIENT_CHANNELS, ALWAYS_ON];
/// One channel's worth: who names more means all of them.
const ALWAYS_ON_MAX: usize = 1_000;
/// The sections of further clients.
const CLIENTS: &str = "[[genesys.client]]";

/// The variables that win over the file.
pub(super) const REGION_VARIABLE: &str = "GENESYSCLOUD_REGION";
pub(super) const CLIENT_ID_VARIABLE: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
pub(super) const CLIENT_SECRET_VARIABLE: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Login, API, and whether they are on this machine.
struct Upstream {
    login_url: String,
    api_url: String,
    is_loopback: bool,
}

impl Upstream {
    fn of_region(domain: &str) -> Self {
        Self {
            login_url: format!("https://login.{domain}"),
            api_url: format!("https://api.{domain}"),
            is_loopback: false,
        }
    }

    fn of_origin(origin: &Origin) -> Self {
        Self {
            login_url: origin.as_str().to_owned(),
            api_url: origin.as_str().to_owned(),
            is_loopback: origin.is_loopback(),
        }
    }
}

pub(super) fn read(
    section: &Section<'_>,
    env: Env<'_>,
    faults: &mut Faults<'_>,
) -> Result<GenesysConfig, Reported> {
    section.refuse_others(&[KEYS], &[CLIENTS], faults);
    let upstream = upstream(section, env, faults);
    let is_loopback = upstream.as_ref().ok().map(|upstream| upstream.is_loopback);
    let always_on = always_on(section, faults);
    let first = first(section, env, is_loopback, faults);
    let id = first.as_ref().ok().map(|client| client.id.as_str());
    let further = client::read_further(&section.many(CLIENTS, faults), id, is_loopback, faults);
    let (upstream, always_on, first, further) = (upstream?, always_on?, first?, further?);
    Ok(GenesysConfig {
        login_url: upstream.login_url,
        api_url: upstream.api_url,
        clients: std::iter::once(first).chain(further).collect(),
        always_on,
        is_loopback: upstream.is_loopback,
    })
}

/// The queues that come first. Whether there is one of each name Genesys Cloud says later.
fn always_on(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Vec<String>, Reported> {
    let Some(found) = section.texts(&ALWAYS_ON, faults)? else { return Ok(Vec::new()) };
    let mut names: Vec<String> = Vec::new();
    if found.value.len() > ALWAYS_ON_MAX {
        let wrong = format!("must name at most {ALWAYS_ON_MAX} queues");
        return Err(section.fault(found.place, &ALWAYS_ON, &wrong, faults));
    }
    for (at, name) in found.value.into_iter().map(str::trim).enumerate() {
        let wrong = if name.is_empty() {
            "names no queue"
        } else if names.iter().any(|other| other == name) {
            "names a queue a second time"
        } else {
            names.push(name.to_owned());
            continue;
        };
        let wrong = format!("has a fault at entry {}: it {wrong}", at + 1);
        return Err(section.fault(found.place, &ALWAYS_ON, &wrong, faults));
    }
    Ok(names)
}

/// The client of `[genesys]` itself.
fn first(
    section: &Section<'_>,
    env: Env<'_>,
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<ClientConfig, Reported> {
    let id = client_id(section, env, faults);
    let secret = client_secret(section, env, faults);
    let channels = client::channels(section, faults);
    let ((id, place), secret, channels) = (id?, secret?, channels?);
    refuse_well_known((&id, &secret), upstream_is_loopback, section, place, faults)?;
    Ok(ClientConfig { id, secret, channels })
}

fn upstream(section: &Section<'_>, env: Env<'_>, faults: &mut Faults<'_>) -> Result<Upstream, Reported> {
    let (in_file, base_url) = (section.text(&REGION, faults), section.text(&BASE_URL, faults));
    let (in_file, base_url) = (in_file?, base_url?);
    let variable = env(REGION_VARIABLE);
    if let Some(base_url) = base_url {
        if in_file.is_some() {
            let sentence =
                "region and base_url are both set; keep region for Genesys Cloud, base_url for a simulator";
            return Err(faults.at(base_url.place, section.about(sentence)));
        }
        if variable.is_some() {
            // Neither may win in silence: the one would send a simulator's secret to Genesys, the
            // other an organisation's secret to a simulator.
            let sentence =
                format!("base_url is set, and {REGION_VARIABLE} too; unset the variable or remove the line");
            return Err(faults.at(base_url.place, section.about(&sentence)));
        }
        return simulator(section, base_url, faults);
    }
    let known = |region: &str| region::domain(region).map(Upstream::of_region);
    let wrong = |region: &str| {
        format!("\"{region}\" is not known; use one of {} or the domain, e.g.", region::keys())
    };
    match (variable, in_file) {
        (Some(variable), _) => known(&variable).ok_or_else(|| {
            faults.outside(format!("{REGION_VARIABLE} {} {REGION_VARIABLE}=eu_central_1", wrong(&variable)))
        }),
        (None, Some(found)) => known(found.value).ok_or_else(|| {
            faults.at(found.place, section.about(&format!("region {} {REGION}", wrong(found.value))))
        }),
        (None, None) => Err(not_set(section, REGION_VARIABLE, &REGION, faults)),
    }
}

fn simulator(
    section: &Section<'_>,
    base_url: Found<&str>,
    faults: &mut Faults<'_>,
) -> Result<Upstream, Reported> {
    let origin = Origin::parse(base_url.value)
        .map_err(|wrong| section.fault(base_url.place, &BASE_URL, wrong, faults))?;
    if !origin.is_secure() && !origin.is_loopback() {
        let wrong = "must begin with https:// unless it is this machine: the client secret is sent there";
        return Err(section.fault(base_url.place, &BASE_URL, wrong, faults));
    }
    Ok(Upstream::of_origin(&origin))
}

fn client_id(
    section: &Section<'_>,
    env: Env<'_>,
    faults: &mut Faults<'_>,
) -> Result<(String, Option<Place>), Reported> {
    let in_file = section.text(&CLIENT_ID, faults)?;
    let (id, place) = match (env(CLIENT_ID_VARIABLE), in_file) {
        (Some(id), _) => (id, None),
        (None, Some(found)) => (found.value.to_owned(), Some(found.place)),
        (None, None) => return Err(not_set(section, CLIENT_ID_VARIABLE, &CLIENT_ID, faults)),
    };
    let source = if place.is_some() { section.about("client_id") } else { CLIENT_ID_VARIABLE.to_owned() };
    refuse_torn(&id, &source, place, faults)?;
    Ok((id, place))
}

fn client_secret(section: &Section<'_>, env: Env<'_>, faults: &mut Faults<'_>) -> Result<Secret, Reported> {
    let in_environment = env(CLIENT_SECRET_VARIABLE).map(Secret::new);
    // A file that is not used must not be needed; that both keys are set is a fault all the same.
    if let Some(secret) = in_environment {
        secret::refuse_both(section, &CLIENT_SECRET, &CLIENT_SECRET_FILE, faults)?;
        return Ok(secret);
    }
    let in_file = secret::read(section, &CLIENT_SECRET, &CLIENT_SECRET_FILE, faults)?;
    let found =
        in_file.ok_or_else(|| not_set(section, CLIENT_SECRET_VARIABLE, &CLIENT_SECRET_FILE, faults))?;
    Ok(found.value)
}

fn not_set(section: &Section<'_>, variable: &str, key: &Key, faults: &mut Faults<'_>) -> Reported {
    faults.outside(format!("{variable} is not set: export it, or write {}", section.line_for(key)))
}
