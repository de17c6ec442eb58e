//! `[store]` and `[audit]`.

use super::*;

#[test]
fn a_database_is_named_without_its_password() {
    let toml =
        with("", "[store]\nurl = \"postgres://rollcall@db.example.com/rollcall\"\npassword = \"canary\"\n");
    check(&toml, NO_ENV, &[]);
    let config = read(&toml, NO_ENV).unwrap();
    assert_eq!(config.store.unwrap().to_string(), "rollcall@db.example.com:5432/rollcall");
    assert!(read(MINIMAL, NO_ENV).unwrap().store.is_none(), "the file in the data folder");
    let by_variable = with("", "[store]\nurl = \"postgres://rollcall@db.example.com/rollcall\"\n");
    check(&by_variable, &[("ROLLCALL_STORE_PASSWORD", "canary")], &[]);
}

#[test]
fn what_is_wrong_with_a_database_is_told_without_its_secrets() {
    let mend = "write e.g. url = \"postgres://rollcall@db.example.com/rollcall\"";
    for (lines, expected) in [
        (
            "url = \"postgres://a:canary@b/c\"",
            format!(
                "rollcall.toml:7:1: [store] url must not hold the password, since addresses are shown; use password_file; {mend}"
            ),
        ),
        ("url = \"mysql://a@b/c\"", format!("rollcall.toml:7:1: [store] url must begin with postgres://; {mend}")),
        (
            "password = \"canary\"",
            "rollcall.toml:6:2: [store] url is missing; write url = \"postgres://rollcall@db.example.com/rollcall\""
                .to_owned(),
        ),
    ] {
        check(&with("", &format!("[store]\n{lines}\n")), NO_ENV, &[&expected]);
    }
}

#[test]
fn how_long_records_are_kept() {
    let audit = |lines: &str| read(&with("", &format!("[audit]\n{lines}\n")), NO_ENV).unwrap().audit;
    assert_eq!(audit(""), AuditConfig { keep_days: 400, observe: false });
    assert_eq!(audit("keep_days = 0\nobserve = true"), AuditConfig { keep_days: 0, observe: true });
    let wrong =
        "rollcall.toml:7:1: [audit] keep_days must be from 0, for ever, to 36525; write e.g. keep_days = 400";
    for days in ["-1", "36526"] {
        check(&with("", &format!("[audit]\nkeep_days = {days}\n")), NO_ENV, &[wrong]);
    }
}
