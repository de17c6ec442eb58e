//! What Rollcall is started with: a TOML file, the environment over it, the command line over both.
//!
//! Everything is checked at the start, and all faults are reported together, each with the line that
//! mends it. No secret stands in any of them. This module alone knows the names of keys and
//! variables; docs/configuration.md tells them to operators.

mod audit;
mod client;
mod data;
mod demo;
pub(crate) mod document;
mod embed;
mod figures;
mod genesys;
mod key;
mod local;
mod machine;
mod origin;
mod region;
mod role;
mod rules;
mod secret;
mod server;
mod store;
mod wall;

use std::{
    fs::File,
    io::{self, Read as _},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use self::document::{Faults, Section};
pub use self::{
    audit::AuditConfig,
    client::{CHANNELS_FOR_MOVES, CHANNELS_MAX, ClientConfig},
    embed::EmbedConfig,
    figures::FiguresConfig,
    genesys::GenesysConfig,
    key::ScreenKey,
    local::LocalConfig,
    machine::MachineClient,
    origin::Origin,
    role::{Role, Roles, UnknownRole},
    rules::{QueueFloor, RulesConfig},
    secret::Secret,
    server::{DEFAULT_LISTEN, ServerConfig},
    wall::WallConfig,
};
use crate::store::Database;

/// Far above a file with a thousand walls; what is larger is not a configuration.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

const FIGURES: &str = "[figures]";
const GENESYS: &str = "[genesys]";
const AUDIT: &str = "[audit]";
const EMBED: &str = "[embed]";
const RULES: &str = "[rules]";
const KEY: &str = "[[key]]";
const LOCAL: &str = "[local]";
const MACHINE: &str = "[[machine]]";
const STORE: &str = "[store]";
const WALL: &str = "[[wall]]";
const SECTIONS: &[&str] = &[AUDIT, EMBED, FIGURES, GENESYS, KEY, LOCAL, MACHINE, RULES, STORE, WALL];

/// A configuration that has been checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Rollcall listens: the keys above the first section.
    pub server: ServerConfig,
    /// Where Genesys Cloud is and who we are to it: `[genesys]`.
    pub genesys: GenesysConfig,
    /// The folder in which data is kept; without one it is held in memory and gone with the process. Key `data` above
    /// the first section, option `--data`, no variable; default `rollcall-data` beside the configuration file, or in
    /// the working folder.
    pub data: Option<PathBuf>,
    /// The database in which it is kept instead of a file of that folder, which keeps the audit log's key then: `[store]`; default
    /// none.
    pub store: Option<Database>,
    /// What is recorded, and for how long: `[audit]`.
    pub audit: AuditConfig,
    /// How figures are counted: `[figures]`.
    pub figures: FiguresConfig,
    /// Programs that may ask for a token: `[[machine]]`, in the order of the file; default none.
    pub machines: Vec<MachineClient>,
    /// What a page on this machine may do without sign-in: `[local]`.
    pub local: LocalConfig,
    /// What may be written about an agent, and when: `[rules]`.
    pub rules: RulesConfig,
    /// The walls: `[[wall]]`, in the order of the file, and the files of a folder; default one of the id `floor`.
    pub walls: WallConfig,
    /// Read-only keys of screens: `[[key]]`, in the order of the file; default none.
    pub keys: Vec<ScreenKey>,
    /// Whose pages may show a wall in a frame: `[embed]`.
    pub embed: EmbedConfig,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "cannot read {}: {reason}; name a readable file with --config, or leave --config away and set {}, {} and {}",
        path.display(), genesys::REGION_VARIABLE, genesys::CLIENT_ID_VARIABLE, genesys::CLIENT_SECRET_VARIABLE
    )]
    Unreadable {
        /// The file as it was named.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// What is written there does not hold: one line a fault.
    #[error("{}", .0.join("\n"))]
    Faulty(Vec<String>),
}

impl Config {
    /// Whether anybody may change agents by this configuration.
    #[must_use]
    pub fn has_writers(&self) -> bool {
        let of_machines = self.machines.iter().map(|machine| machine.roles);
        of_machines.chain([self.local.roles]).any(|roles| roles.contains(Role::Supervisor))
    }

    /// Reads file and environment. `listen` is the command line's, and wins over the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and otherwise with everything that is wrong in it.
    pub fn load(
        file: Option<&Path>,
        listen: Option<SocketAddr>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let Some(file) = file else { return Self::read(Path::new(""), "", listen, env) };
        let text =
            read_file(file).map_err(|reason| ConfigError::Unreadable { path: file.to_path_buf(), reason })?;
        Self::read(file, &text, listen, env)
    }

    /// Reads the walls alone: of a configuration that is not complete, too.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and otherwise with everything that is wrong with its walls.
    pub fn load_walls(file: &Path) -> Result<WallConfig, ConfigError> {
        let text =
            read_file(file).map_err(|reason| ConfigError::Unreadable { path: file.to_path_buf(), reason })?;
        let name = file.display().to_string();
        let mut faults = Faults::none(&name, &text);
        let walls = document::parse(&text, &mut faults).and_then(|document| {
            let top = Section::top(&document, file.parent().unwrap_or(Path::new("")));
            wall::read(&top, &top.many(WALL, &mut faults), &mut faults)
        });
        walls.ok().filter(|_| faults.is_empty()).ok_or_else(|| ConfigError::Faulty(faults.into_lines()))
    }

    /// The configuration of `rollcall demo`: a simulator on this machine and a proxy for it, with
    /// the credentials that the documentation names.
    #[must_use]
    pub fn demo(simulator: SocketAddr, listen: SocketAddr) -> Self {
        demo::config(simulator, listen)
    }

    /// The walls of a folder's files alone.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, and otherwise with everything that is wrong in its files.
    pub fn walls_of(folder: &Path) -> Result<WallConfig, ConfigError> {
        wall::of_folder(folder).map_err(ConfigError::Faulty)
    }

    /// Refuses an address that others can reach, as long as there is no sign-in. [`Config::load`]
    /// does so by itself.
    ///
    /// # Errors
    ///
    /// When the address is not this machine's own.
    pub fn refuse_open(listen: SocketAddr) -> Result<(), ConfigError> {
        server::refuse_open(listen).map_err(|fault| ConfigError::Faulty(vec![format!("--listen {fault}")]))
    }

    fn read(
        file: &Path,
        text: &str,
        listen: Option<SocketAddr>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let name = file.display().to_string();
        let mut faults = Faults::none(&name, text);
        // Compose files and CI set what is not set to nothing.
        let env =
            |variable: &str| env(variable).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let folder = file.parent().unwrap_or(Path::new(""));
        let config = Self::read_sections(text, folder, listen, &env, &mut faults);
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            Some(_) | None => Err(ConfigError::Faulty(faults.into_lines())),
        }
    }

    fn read_sections(
        text: &str,
        folder: &Path,
        listen: Option<SocketAddr>,
        env: &dyn Fn(&str) -> Option<String>,
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        // After a syntax error what follows it may be missed; faults found there would be false.
        let document = document::parse(text, faults).ok()?;
        let top = Section::top(&document, folder);
        top.refuse_others(&[server::KEYS, wall::KEYS, data::KEYS], SECTIONS, faults);
        let server = server::read(&top, listen, faults);
        let data = data::read(&top, faults);
        let genesys = genesys::read(&top.one(GENESYS, faults), env, faults);
        let store = store::read(&top.one(STORE, faults), env, faults);
        let audit = audit::read(&top.one(AUDIT, faults), faults);
        let figures = figures::read(&top.one(FIGURES, faults), faults);
        let local = local::read(&top.one(LOCAL, faults), faults);
        let upstream_is_loopback = genesys.as_ref().ok().map(|genesys| genesys.is_loopback);
        let machines = machine::read(&top.many(MACHINE, faults), upstream_is_loopback, faults);
        let walls = wall::read(&top, &top.many(WALL, faults), faults);
        let ids = walls
            .as_ref()
            .ok()
            .map(|walls| walls.all().iter().map(|wall| wall.id.clone()).collect::<Vec<_>>());
        let keys = key::read(&top.many(KEY, faults), ids.as_deref(), upstream_is_loopback, faults);
        let embed = embed::read(&top.one(EMBED, faults), faults);
        let rules = rules::read(&top.one(RULES, faults), faults);
        Some(Self {
            server: server.ok()?,
            genesys: genesys.ok()?,
            data: Some(data.ok()?),
            store: store.ok()?,
            audit: audit.ok()?,
            figures: figures.ok()?,
            machines: machines.ok()?,
            local: local.ok()?,
            keys: keys.ok()?,
            embed: embed.ok()?,
            rules: rules.ok()?,
            walls: walls.ok()?,
        })
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
