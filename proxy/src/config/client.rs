//! An OAuth client: the one of `[genesys]`, and each further one of a section `[[genesys.client]]`.

use std::ops::RangeInclusive;

use super::{
    demo,
    document::{Faults, Key, Place, Reported, Section},
    secret::{self, Secret},
};

/// An OAuth client that speaks for Rollcall.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Its id; an OAuth client with the grant client credentials. Key `client_id`; of `[genesys]` also variable
    /// `GENESYSCLOUD_OAUTHCLIENT_ID`; no default.
    pub id: String,
    /// Its secret, from the key `client_secret` or the file that `client_secret_file` names; of `[genesys]` also
    /// variable `GENESYSCLOUD_OAUTHCLIENT_SECRET`; no default.
    pub secret: Secret,
    /// How many notification channels it may have at once, those that are kept for moves among them. Key `channels`,
    /// no variable; default 20.
    pub channels: u16,
}

/// Genesys Cloud grants a client this many channels; one more evicts another. Source: SDK documentation,
/// `postNotificationsChannels`.
pub const CHANNELS_MAX: u16 = 20;

/// Channels of each client that carry nothing, so that another can be replaced without a gap: two at a time.
pub const CHANNELS_FOR_MOVES: u16 = 2;

/// With fewer nothing could be listened to.
const CHANNELS: RangeInclusive<u16> = CHANNELS_FOR_MOVES + 1..=CHANNELS_MAX;

/// The topics of sixteen clients are those of 288,000 users, more than Genesys Cloud has in one organisation.
pub(super) const CLIENTS_MAX: usize = 16;

pub(super) const CLIENT_ID: Key = Key { name: "client_id", example: "\"...\"" };
pub(super) const CLIENT_SECRET: Key = Key { name: "client_secret", example: "\"...\"" };
pub(super) const CLIENT_SECRET_FILE: Key =
    Key { name: "client_secret_file", example: "\"/run/secrets/genesys\"" };
pub(super) const CLIENT_CHANNELS: Key = Key { name: "channels", example: "20" };
/// Every key of a further client's section.
pub(super) const KEYS: &[Key] = &[CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE, CLIENT_CHANNELS];

/// Reads the further clients; `first` is the one of `[genesys]` as far as it is sound.
pub(super) fn read_further(
    sections: &[Section<'_>],
    first: Option<&str>,
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<Vec<ClientConfig>, Reported> {
    let mut outcome = Ok(());
    let mut clients: Vec<ClientConfig> = Vec::new();
    for (number, section) in sections.iter().enumerate() {
        if number + 1 >= CLIENTS_MAX {
            let sentence =
                format!("is one too many: there can be {CLIENTS_MAX} OAuth clients with the first");
            outcome = Err(faults.at(section.place(), section.about(&sentence)));
            break;
        }
        let (client, place) = match read_one(section, upstream_is_loopback, faults) {
            Ok(read) => read,
            Err(reported) => {
                outcome = Err(reported);
                continue;
            }
        };
        let owner = if first == Some(client.id.as_str()) {
            Some("[genesys]")
        } else {
            clients.iter().any(|other| other.id == client.id).then_some("another [[genesys.client]]")
        };
        match owner {
            None => clients.push(client),
            Some(owner) => {
                let sentence = format!(
                    "client_id \"{}\" is that of {owner}, and a client has its channels once; name another OAuth \
                     client, or remove this section",
                    client.id
                );
                outcome = Err(faults.at(place, section.about(&sentence)));
            }
        }
    }
    outcome.map(|()| clients)
}

fn read_one(
    section: &Section<'_>,
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<(ClientConfig, Place), Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let id = section.required(&CLIENT_ID, faults).and_then(|found| {
        let source = section.about("client_id");
        refuse_torn(found.value, &source, Some(found.place), faults)?;
        Ok((found.value.to_owned(), found.place))
    });
    let secret = secret::read(section, &CLIENT_SECRET, &CLIENT_SECRET_FILE, faults)
        .and_then(|found| found.ok_or_else(|| section.missing(&CLIENT_SECRET_FILE, faults)));
    let channels = channels(section, faults);
    let ((id, place), secret, channels) = (id?, secret?.value, channels?);
    refuse_well_known((&id, &secret), upstream_is_loopback, section, Some(place), faults)?;
    Ok((ClientConfig { id, secret, channels }, place))
}

/// How many channels the client of a section may have.
pub(super) fn channels(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<u16, Reported> {
    let Some(found) = section.number(&CLIENT_CHANNELS, faults)? else { return Ok(CHANNELS_MAX) };
    let fits = u16::try_from(found.value).ok().filter(|channels| CHANNELS.contains(channels));
    fits.ok_or_else(|| {
        let wrong = format!(
            "must be {} to {CHANNELS_MAX}: {CHANNELS_FOR_MOVES} of them are kept for moves, and Genesys Cloud grants a \
             client {CHANNELS_MAX}",
            CHANNELS.start()
        );
        section.fault(found.place, &CLIENT_CHANNELS, &wrong, faults)
    })
}

/// Notes an id that was not copied whole; `source` says where it came from.
pub(super) fn refuse_torn(
    id: &str,
    source: &str,
    place: Option<Place>,
    faults: &mut Faults<'_>,
) -> Result<(), Reported> {
    // A colon would end the id in the Authorization header.
    if id.contains(|c: char| c == ':' || c.is_whitespace() || c.is_control()) {
        let fault =
            format!("{source} has a blank or a colon in it: copy the client id as Genesys Cloud shows it");
        return Err(faults.at_source(place, fault));
    }
    Ok(())
}

/// Notes the credentials that everybody knows, unless upstream is a simulator here.
pub(super) fn refuse_well_known(
    (id, secret): (&str, &Secret),
    upstream_is_loopback: Option<bool>,
    section: &Section<'_>,
    place: Option<Place>,
    faults: &mut Faults<'_>,
) -> Result<(), Reported> {
    if upstream_is_loopback == Some(false) && demo::is_well_known(id, secret) {
        let fault = format!(
            "client_id \"{id}\" with its well-known secret is for a simulator on this machine only: \
             use an OAuth client of your organisation, with the grant client credentials"
        );
        return Err(faults.at_source(place, section.about(&fault)));
    }
    Ok(())
}
