//! What is refused of a wall, with which words and where; and that table, types, schema, documentation and examples agree.

use std::collections::BTreeSet;

use protocol::wall::{Kind, Night, Play, Threshold, Tile, TileKind, WallDefinition, Watch};
use serde_json::Value;

use super::{
    folder::{self, Loaded, WallFile, load},
    keys::{self, Key, Shape},
    schema,
};

fn read(files: &[(&str, &str)]) -> Loaded {
    let files: Vec<WallFile> = files
        .iter()
        .map(|(name, text)| WallFile { path: format!("walls/{name}").into(), text: Ok((*text).to_owned()) })
        .collect();
    load(&files, &[])
}

fn check(name: &str, text: &str, expected: &[&str]) {
    let loaded = read(&[(name, text)]);
    assert_eq!(loaded.faults(), expected, "{text}");
    assert_eq!(loaded.walls().len(), usize::from(expected.is_empty()), "{text}");
}

/// The rest of the files that the examples are tested with.
fn examples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/walls");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_title_is_enough_and_the_file_names_the_wall() {
    let loaded =
        read(&[("Sales-2.toml", "title = \"Sales\""), ("other.json", r#"{"title": "Other", "id": "mine"}"#)]);
    assert_eq!(loaded.faults(), [""; 0]);
    let ids: Vec<_> = loaded.walls().into_iter().map(|wall| wall.id.to_string()).collect();
    assert_eq!(ids, ["sales-2", "mine"]);
}

#[test]
fn all_faults_of_a_file_are_told_at_once_with_their_places() {
    check(
        "w.toml",
        "titel = \"W\"\ntheme = \"pink\"\nrotate = 99999\nqueues = [\"A\", 7]\n\n[[thresholds]]\nmetrik = \"waiting\"\nwarn = \"x\"\n",
        &[
            "walls/w.toml:1:1: titel is not known; write title, or use one of id, title, kind, theme, palette, language, \
             names, queues, teams, group, sort, view, rotate, columns, tiles, thresholds, watches, play, night",
            "walls/w.toml:1:1: title is missing; write title = \"Support floor\"",
            "walls/w.toml:2:1: theme \"pink\" is not one of auto, dark, light, contrast; write e.g. theme = \"dark\"",
            "walls/w.toml:3:1: rotate must be a whole number from 0 to 3600; write e.g. rotate = 20",
            "walls/w.toml:4:1: queues must be a list of at most 200 names; write e.g. queues = [\"Sales\", \"Support\"]",
            "walls/w.toml:6:1: threshold 1: metric is missing; write metric = \"service-level\"",
            "walls/w.toml:7:1: threshold 1: metrik is not known; write metric, or use one of metric, queues, of, from, warn, \
             critical, after, back",
            "walls/w.toml:8:1: threshold 1: warn must be a number from -1000000000 to 1000000000; write e.g. warn = 80",
        ],
    );
    check(
        "w.json",
        "{\n  \"title\": \"W\",\n  \"names\": \"initial\",\n  \"night\": { \"from\": \"25:00\", \"to\": \"06:30\" },\n  \"view\": null\n}",
        &[
            "walls/w.json:3:3: names \"initial\" is not one of full, initials, alias, counts; write e.g. \"names\": \"initials\"",
            "walls/w.json:4:3: night dim is missing; write \"dim\": 60",
            "walls/w.json:4:14: night from must be a time of day from 00:00 to 23:59; write e.g. \"from\": \"20:00\"",
            "walls/w.json:5:3: view must be a text, not null; write e.g. \"view\": \"cards\"",
        ],
    );
}

#[test]
fn what_is_no_toml_and_no_json_is_told_by_its_place() {
    let first = |name, text| read(&[(name, text)]).faults().first().cloned().unwrap_or_default();
    assert!(first("w.toml", "title = \"W\"\ntheme = dark\n").starts_with("walls/w.toml:2:9: not TOML: "));
    assert!(
        first("w.json", "{\n  \"title\": \"W\",\n}").starts_with("walls/w.json:2:"),
        "{}",
        first("w.json", "{\n  \"title\": \"W\",\n}")
    );
    assert!(first("w.json", "").contains("the file is empty"));
    assert!(first("w.json", r#"{"title": "W", "title": "V"}"#).contains("1:16: \"title\" stands here twice"));
    assert!(first("w.json", "[]").contains("1:1: is a list, not a section with keys"));
    assert!(first("w.json", &"[".repeat(200_000)).contains("not JSON"), "deep nesting ends in a fault");
}

#[test]
fn a_tile_has_what_its_type_needs_and_nothing_else() {
    check(
        "w.toml",
        "title = \"W\"\nkind = \"tiles\"\n[[tiles]]\ntype = \"kpi\"\n[[tiles]]\ntype = \"clock\"\nmetric = \"waiting\"\n[[tiles]]\ntype = \"page\"\nurl = \"http://example.com/\"\n",
        &[
            "walls/w.toml:10:1: tile 3: url must be an https address, an http address of this machine, or a path that begins \
             with one /; write e.g. url = \"https://example.com/logo.svg\"",
        ],
    );
    check(
        "w.toml",
        "title = \"W\"\nkind = \"tiles\"\n[[tiles]]\ntype = \"kpi\"\n[[tiles]]\ntype = \"clock\"\nmetric = \"waiting\"\n[[tiles]]\ntype = \"page\"\nurl = \"https://example.com/\"\n",
        &[
            "walls/w.toml:4:1: tile 1: a tile of type kpi needs metric; add it",
            "walls/w.toml:7:1: tile 2: metric is of no use in a tile of type clock; leave it away; it takes zone",
            "walls/w.toml:9:1: tile 3: a tile of type page needs text; add it",
        ],
    );
}

#[test]
fn addresses_are_https_of_this_machine_or_a_path() {
    let fits = |url: &str| {
        let text = format!(
            "title = \"W\"\nkind = \"tiles\"\n[[tiles]]\ntype = \"image\"\ntext = \"x\"\nurl = '{url}'\n"
        );
        read(&[("w.toml", &text)]).faults().is_empty()
    };
    for url in [
        "https://example.com/a.svg?b=1",
        "http://localhost:3000/",
        "http://127.0.0.1/x",
        "http://[::1]:80/",
        "/icon.svg",
        "/",
    ] {
        assert!(fits(url), "{url}");
    }
    for url in [
        "http://example.com",
        "//example.com/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://me:secret@example.com/",
        "icon.svg",
        "ftp://example.com",
        "https:",
        "http://127.0.0.1.example.com/",
        "/\\example.com",
        "https://a b",
    ] {
        assert!(!fits(url), "{url}");
    }
}

#[test]
fn keys_that_make_no_sense_together_are_refused() {
    let said = |text: &str| read(&[("w.toml", &format!("title = \"W\"\n{text}"))]).faults().join("\n");
    for (text, part) in [
        ("columns = 3", "2:1: columns is for a wall of kind tiles, and this is of kind floor"),
        ("kind = \"tiles\"", "2:1: a wall of kind tiles needs tiles"),
        ("kind = \"playlist\"", "2:1: a wall of kind playlist needs play"),
        (
            "kind = \"playlist\"\nnames = \"counts\"\nplay = [{ wall = \"floor\" }]",
            "3:1: names is of no use in a playlist, whose walls are shown as they are; write it in the walls that it plays",
        ),
        ("kind = \"leaderboard\"\nnames = \"counts\"", "3:1: names \"counts\" leaves nobody to rank"),
        ("[[thresholds]]\nmetric = \"waiting\"", "threshold 1: needs warn, critical or both"),
        (
            "[[thresholds]]\nmetric = \"waiting\"\nwarn = 5\ncritical = 3",
            "5:1: threshold 1: waiting is worse the higher it is",
        ),
        (
            "[[thresholds]]\nmetric = \"idle\"\nwarn = 3\ncritical = 5",
            "5:1: threshold 1: idle is worse the lower it is",
        ),
        (
            "[[thresholds]]\nmetric = \"waiting\"\nwarn = 5\nfrom = \"target\"",
            "5:1: threshold 1: from \"target\" is for",
        ),
        (
            "[[thresholds]]\nmetric = \"waiting\"\nwarn = 5\nof = \"wall\"\nqueues = [\"A\"]",
            "threshold 1: queues is of no use",
        ),
        ("[[watches]]\nstate = \"meal\"", "3:1: watch 1: needs warn, critical or both"),
        ("[[watches]]\nstate = \"meal\"\nwarn = 5\ncritical = 4", "5:1: watch 1: critical comes before warn"),
        (
            "[[watches]]\nstate = \"meal\"\nwarn = 5\n[[watches]]\nstate = \"meal\"\nwarn = 6",
            "6:1: watch 2: \"meal\" is watched",
        ),
        ("night = { from = \"20:00\", to = \"20:00\", dim = 10 }", "night ends when it begins"),
        ("queues = [\"A\", \"a\"]", "names \"a\" twice"),
    ] {
        assert!(said(text).contains(part), "{text}: {}", said(text));
    }
}

#[test]
fn a_playlist_plays_walls_that_are_there() {
    let play = "title = \"P\"\nkind = \"playlist\"\n[[play]]\nwall = \"a\"\n[[play]]\nwall = \"p\"\n[[play]]\nwall = \"c\"\n";
    let loaded = read(&[("a.toml", "title = \"A\""), ("p.toml", play)]);
    assert_eq!(
        loaded.faults(),
        [
            "walls/p.toml:6:1: play 2: \"p\" is a playlist itself; name the walls that it plays",
            "walls/p.toml:8:1: play 3: there is no wall \"c\"; use one of a",
        ]
    );
    // A wall with another fault is there.
    let loaded = read(&[
        ("a.toml", "title = 1"),
        ("p.toml", "title = \"P\"\nkind = \"playlist\"\nplay = [{ wall = \"A\" }]"),
    ]);
    assert_eq!(loaded.faults().len(), 1, "{:?}", loaded.faults());
}

#[test]
fn a_playlist_plays_no_more_walls_than_a_page_keeps_live() {
    let titles: Vec<(String, String)> =
        (1..=13).map(|n| (format!("w{n}.toml"), format!("title = \"{n}\""))).collect();
    let play = |count: usize| {
        let turns = (1..=count).chain([1]).map(|n| format!("[[play]]\nwall = \"w{n}\"\n"));
        format!("title = \"P\"\nkind = \"playlist\"\n{}", turns.collect::<String>())
    };
    let faults = |play: &str| {
        let walls = titles.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        read(&walls.chain([("p.toml", play)]).collect::<Vec<_>>()).faults()
    };
    assert!(faults(&play(12)).is_empty(), "{:?}", faults(&play(12)));
    assert_eq!(
        faults(&play(13)),
        [
            "walls/p.toml:28:1: play 13: \"w13\" is one wall too many; a playlist plays at most 12 different walls"
        ]
    );
}

#[test]
fn two_walls_have_two_names() {
    let loaded = read(&[
        ("a.toml", "title = \"A\""),
        ("b.toml", "title = \"B\"\nid = \"A\""),
        ("a.json", "{\"title\": \"A\"}"),
    ]);
    assert_eq!(
        loaded.faults(),
        [
            "walls/b.toml:2:1: id \"a\" is taken by another wall; choose another",
            "walls/a.json:1:1: id \"a\" is taken by another wall; choose another",
        ]
    );
    check(
        "süd.toml",
        "title = \"S\"",
        &[
            "walls/süd.toml:1:1: id is the file's name unless written, and must be at most 60 letters, digits and hyphens; rename the file, or write id in it",
        ],
    );
}

// ---- one truth ----

/// A wall in which everything is said.
fn everything() -> WallDefinition {
    WallDefinition {
        language: Some("de".to_owned()),
        queues: vec!["a".to_owned()],
        teams: vec!["a".to_owned()],
        tiles: vec![Tile {
            width: Some(1),
            height: Some(1),
            title: Some(String::new()),
            queue: Some(String::new()),
            metric: Some(protocol::wall::Metric::Waiting),
            target: Some(1.0),
            max: Some(1.0),
            text: Some(String::new()),
            url: Some(String::new()),
            zone: Some(String::new()),
            ..Tile::default()
        }],
        thresholds: Some(vec![Threshold {
            queues: vec!["a".to_owned()],
            warn: Some(1.0),
            critical: Some(1.0),
            ..Threshold::default()
        }]),
        watches: Some(vec![Watch { warn: Some(1), critical: Some(1), ..Watch::default() }]),
        play: vec![Play::default()],
        night: Some(Night::default()),
        ..WallDefinition::default()
    }
}

#[test]
fn the_table_has_the_keys_of_the_types() {
    fn compare(place: &str, value: &Value, keys: &[Key]) {
        let there: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let told: BTreeSet<&str> = keys.iter().map(|key| key.name).collect();
        assert_eq!(there, told, "{place}");
        for key in keys {
            match &key.shape {
                Shape::Table(keys) => compare(key.name, &value[key.name], keys),
                Shape::Tables { keys, .. } => compare(key.name, &value[key.name][0], keys),
                Shape::Id
                | Shape::Text { .. }
                | Shape::Word(_)
                | Shape::Time
                | Shape::Zone
                | Shape::Url
                | Shape::Whole { .. }
                | Shape::Number { .. }
                | Shape::Names => {}
            }
        }
    }
    compare("the wall", &serde_json::to_value(everything()).unwrap(), keys::WALL);
}

#[test]
fn the_published_schema_is_that_of_the_table() {
    let published = include_str!("../../../docs/wall.schema.json");
    let same = serde_json::from_str::<Value>(published).is_ok_and(|published| published == schema::wall());
    assert!(same, "run `cargo run -- walls schema > docs/wall.schema.json`");
}

#[test]
fn the_documentation_describes_every_key_and_word() {
    let text = include_str!("../../../docs/walls.md");
    let section = |heading: &str| {
        let (_, rest) =
            text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
        rest.split("\n## ").next().unwrap_or_default()
    };
    for (heading, keys) in [
        ("A wall", keys::WALL),
        ("Tiles", keys::TILE),
        ("Thresholds", keys::THRESHOLD),
        ("Watches", keys::WATCH),
        ("Playlists", keys::PLAY),
        ("Night", keys::NIGHT),
    ] {
        let rows: BTreeSet<&str> = section(heading)
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(key, _)| key))
            .collect();
        for key in keys {
            assert!(rows.contains(key.name), "docs/walls.md has no row for {} under {heading}", key.name);
            if let Shape::Word(words) = key.shape {
                for word in words() {
                    assert!(text.contains(&format!("`{word}`")), "docs/walls.md does not name {word}");
                }
            }
        }
    }
}

#[test]
fn the_examples_are_sound_pass_the_schema_and_show_everything_there_is() {
    let files = examples();
    let named: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let loaded = read(&named);
    assert_eq!(loaded.faults(), [""; 0]);

    let schema = jsonschema::validator_for(&schema::wall()).unwrap();
    for (name, text) in &files {
        let value: Value = match name.rsplit_once('.').unwrap().1 {
            "json" => serde_json::from_str(text).unwrap(),
            _ => toml::from_str(text).unwrap(),
        };
        let faults: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(faults, [""; 0], "{name}");
    }
    let kinds: BTreeSet<_> = loaded.walls().iter().map(|wall| wall.kind).collect();
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
    // The last type is a page of another site, which nobody who tries the example has: it stands there as a comment.
    let (name, text) = files.iter().find(|(name, _)| name == "tiles.toml").unwrap();
    let (text, comment) = text.split_once("\n# [[tiles]]\n").unwrap();
    let whole = format!("{text}\n[[tiles]]\n{}", comment.replace("# ", ""));
    let loaded = read(&[(name, &whole)]);
    assert_eq!(loaded.faults(), [""; 0]);
    let kinds: BTreeSet<_> = loaded.walls()[0].tiles.iter().map(|tile| tile.kind).collect();
    assert_eq!(kinds, TileKind::ALL.iter().copied().collect(), "a tile of every type");
}

#[test]
fn what_the_reader_refuses_by_shape_the_schema_refuses_too() {
    let schema = jsonschema::validator_for(&schema::wall()).unwrap();
    for text in [
        r#"{}"#,
        r#"{"title": ""}"#,
        r#"{"title": "W", "titel": "W"}"#,
        r#"{"title": "W", "theme": "pink"}"#,
        r#"{"title": "W", "rotate": -1}"#,
        r#"{"title": "W", "rotate": 1.5}"#,
        r#"{"title": "W", "id": "a b"}"#,
        r#"{"title": "W", "queues": ["A", "A"]}"#,
        r#"{"title": "W", "kind": "tiles", "tiles": [{"type": "kpi"}]}"#,
        r#"{"title": "W", "kind": "tiles", "tiles": [{"type": "image", "url": "javascript:x", "text": "x"}]}"#,
        r#"{"title": "W", "kind": "tiles", "tiles": [{"type": "clock", "zone": "here"}]}"#,
        r#"{"title": "W", "night": {"from": "24:00", "to": "06:00", "dim": 1}}"#,
        r#"{"title": "W", "play": [{"seconds": 3}]}"#,
    ] {
        assert!(!read(&[("w.json", text)]).faults().is_empty(), "{text}");
        assert!(!schema.is_valid(&serde_json::from_str(text).unwrap()), "{text}");
    }
}

#[test]
fn a_folder_is_read_within_bounds() {
    let path = std::env::temp_dir().join(format!("rollcall-walls-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    let write = |name: &str, text: &str| std::fs::write(path.join(name), text).unwrap();
    write("floor.toml", "title = \"Floor\"");
    write(".floor.toml", "what an editor keeps");
    write("floor.toml~", "and another");
    write("notes.md", "no wall");
    write("big.toml", &"#".repeat(folder::FILE_BYTES_MAX as usize + 1));
    let loaded = load(&folder::read_all(&path).unwrap(), &[]);
    let ids: Vec<String> = loaded.walls().iter().map(|wall| wall.id.to_string()).collect();
    assert_eq!(ids, ["floor"]);
    let place = path.join("big.toml").display().to_string();
    assert_eq!(loaded.faults(), [format!("{place}:1:1: the file is larger than 256 KiB; a wall is not")]);

    for n in 2..folder::FILES_MAX {
        write(&format!("w{n}.toml"), "title = \"W\"");
    }
    assert_eq!(folder::list(&path).unwrap().len(), folder::FILES_MAX);
    write("one-more.toml", "title = \"W\"");
    let said = folder::list(&path).unwrap_err().to_string();
    assert_eq!(said, "it holds 501 wall files; at most 500 are read");
    std::fs::remove_dir_all(&path).unwrap();
}
