//! The configuration of the demo, and the credentials that everybody knows from it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ::rules::shift::Hours;
use protocol::{
    WallId,
    wall::{Names, WallDefinition},
};

use super::{
    Config,
    audit::AuditConfig,
    client::{CHANNELS_MAX, ClientConfig},
    embed::EmbedConfig,
    figures::FiguresConfig,
    genesys::GenesysConfig,
    key::ScreenKey,
    local::LocalConfig,
    machine::MachineClient,
    origin::Origin,
    role::{Role, Roles},
    rules::RulesConfig,
    secret::Secret,
    server::ServerConfig,
    wall::WallConfig,
};
use crate::walls::folder::{self, WallFile};

/// Id and secret of the simulator's OAuth client.
const SIMULATOR: &str = "simulator";
/// Id and secret of the demo's machine client.
const MACHINE: &str = "rollcall-demo";

/// The key of the demo's screens, which may be framed by pages at the addresses below.
const SCREEN_KEY: &str = "rollcall-demo-screen";
/// Where `python3 -m http.server` shows a page, such as the one in examples/portal.
const PORTALS: [&str; 2] = ["http://localhost:8000", "http://127.0.0.1:8000"];

/// Whether a key is the one that is printed in the documentation.
pub(super) fn is_demo_key(secret: &Secret) -> bool {
    secret.is(SCREEN_KEY)
}

/// Whether id and secret are printed in the documentation: good enough for a simulator on this
/// machine, and for nothing else.
pub(super) fn is_well_known(id: &str, secret: &Secret) -> bool {
    [SIMULATOR, MACHINE].iter().any(|known| id == *known && secret.is(known))
}

/// A proxy at `listen` for a simulator in the same process.
pub(super) fn config(simulator: SocketAddr, listen: SocketAddr) -> Config {
    let base_url = format!("http://{}", reachable(simulator));
    Config {
        server: ServerConfig { listen, public_url: None },
        genesys: GenesysConfig {
            login_url: base_url.clone(),
            api_url: base_url,
            clients: vec![ClientConfig {
                id: SIMULATOR.to_owned(),
                secret: Secret::new(SIMULATOR),
                channels: CHANNELS_MAX,
            }],
            always_on: Vec::new(),
            is_loopback: true,
        },
        data: None,
        store: None,
        audit: AuditConfig::default(),
        figures: FiguresConfig::default(),
        machines: vec![MachineClient {
            id: MACHINE.to_owned(),
            secret: Secret::new(MACHINE),
            roles: Roles::ALL,
        }],
        local: LocalConfig { roles: Roles::from_iter([Role::Viewer, Role::Supervisor, Role::Auditor]) },
        // Whoever tries the demo at night is not told that the centre is closed.
        rules: RulesConfig {
            hours: Hours::ALL_DAY,
            shifts: false,
            time_zone: Some("UTC".to_owned()),
            ..RulesConfig::default()
        },
        walls: WallConfig::fixed(walls()),
        keys: vec![ScreenKey {
            name: "demo".into(),
            secret: Secret::new(SCREEN_KEY),
            walls: vec![WallId::new("floor")],
            names: Names::Full,
            embed: true,
        }],
        embed: EmbedConfig {
            parents: PORTALS.iter().filter_map(|portal| Origin::parse(portal).ok()).collect(),
        },
    }
}

/// The walls of the demo: the examples, with what the simulator has.
const WALLS: [(&str, &str); 8] = [
    ("floor.toml", include_str!("../../../examples/walls/floor.toml")),
    ("queues.toml", include_str!("../../../examples/walls/queues.toml")),
    ("agents.toml", include_str!("../../../examples/walls/agents.toml")),
    ("focus.toml", include_str!("../../../examples/walls/focus.toml")),
    ("tiles.toml", include_str!("../../../examples/walls/tiles.toml")),
    ("leaderboard.json", include_str!("../../../examples/walls/leaderboard.json")),
    ("lobby.toml", include_str!("../../../examples/walls/lobby.toml")),
    ("tour.json", include_str!("../../../examples/walls/tour.json")),
];

fn walls() -> Vec<WallDefinition> {
    let file = |(name, text): (&str, &str)| WallFile { path: name.into(), text: Ok(text.to_owned()) };
    let loaded = folder::load(&WALLS.map(file), &[]);
    debug_assert_eq!(loaded.faults(), [""; 0], "the examples are sound, as a test sees to");
    loaded.walls()
}

/// Where to connect to something that listens at `address`, which may stand for every address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_speaks_to_the_simulator_beside_it() {
        let config = config(([0, 0, 0, 0], 8081).into(), ([127, 0, 0, 1], 8080).into());
        assert_eq!(config.genesys.api_url, "http://127.0.0.1:8081");
        assert_eq!(config.genesys.login_url, "http://127.0.0.1:8081");
        let walls: Vec<_> = config.walls.all().iter().map(|wall| wall.id.to_string()).collect();
        assert_eq!(walls, ["floor", "queues", "agents", "focus", "tiles", "leaderboard", "lobby", "tour"]);
        assert!(config.local.roles.contains(Role::Auditor) && !config.local.roles.contains(Role::Admin));
    }
}
