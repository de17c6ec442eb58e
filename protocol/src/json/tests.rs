use std::{borrow::Cow, collections::BTreeMap, fmt::Debug};

use proptest::prelude::*;
use serde_json::{Value, value::RawValue};

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Light {
    Red,
    Green,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Sample<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    light: Option<Light>,
    small: u8,
    signed: i64,
    real: f64,
    yes: bool,
    list: Vec<Sample<'a>>,
    pair: Option<(u8, String)>,
    map: BTreeMap<String, f64>,
}

/// Both readers agree on the value, or that there is none.
fn same<'de, T: Deserialize<'de> + PartialEq + Debug>(text: &'de str) {
    match (from_str::<T>(text), serde_json::from_str::<T>(text)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{text}"),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{text}: {ours:?} and {theirs:?}"),
    }
}

#[test]
fn values_are_those_of_serde_json() {
    for text in [
        "{}",
        r#"{"name":"a","light":"green","small":255,"signed":-9223372036854775808,"real":0.1,"yes":true}"#,
        r#" { "name" : "\u00e4\"\\\/\b\f\n\r\t\ud83d\ude00" , "list" : [ { } , { "small" : 1 } ] } "#,
        r#"{"pair":[1,"x"],"map":{"a":1,"b":-2.5e-3,"\u0063":1E3},"unknown":[{"deep":[null,"\u0041",1.5]}]}"#,
        r#"{"light":null,"pair":null}"#,
        r#"{"name":"a","name":"b"}"#,
        r#"{"light":"blue"}"#,
        r#"{"small":256}"#,
        r#"{"small":-1}"#,
        r#"{"small":1.0}"#,
        r#"{"small":"1"}"#,
        r#"{"yes":1}"#,
        r#"{"name":7}"#,
        r#"{"pair":[1]}"#,
        r#"{"pair":[1,"x",2]}"#,
        r#"{"real":1e999}"#,
        r#"{"unknown":1e999}"#,
        r#"{"list":[{},]}"#,
        r#"{"list":[,{}]}"#,
        r#"{"small":1,}"#,
        r#"{"small":1 "yes":true}"#,
        r#"{"name":"\ud800"}"#,
        r#"{"name":"\ud800\u0041"}"#,
        r#"{"name":"\x"}"#,
        "{\"name\":\"a\nb\"}",
        r#"{"name":"a}"#,
        r#"{"small":1}}"#,
        r#"{"small":}"#,
        r#"{small:1}"#,
        "nul",
        "",
        " ",
    ] {
        same::<Sample<'_>>(text);
    }
}

#[test]
fn numbers_are_those_of_serde_json() {
    for text in [
        "0",
        "-0",
        "00",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1.e3",
        "1e",
        "1e+",
        "1e+2",
        "1E-2",
        "0.8333333333333334",
        "90.476",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "1e22",
        "1e-22",
        "123456789012345",
        "0.000001",
        "5e-1",
        "1x",
    ] {
        same::<Value>(text);
        same::<f64>(text);
        same::<u64>(text);
        same::<i64>(text);
    }
}

#[test]
fn a_raw_value_is_what_was_written() {
    #[derive(Deserialize)]
    struct Frame<'a> {
        #[serde(borrow)]
        body: &'a RawValue,
        #[serde(borrow, default)]
        other: Option<&'a RawValue>,
    }
    let frame: Frame<'_> =
        from_str(r#"{"skipped":[1,{"a":"}"}], "body": {"a" : [1, "\"]"]} , "other":null}"#).unwrap();
    assert_eq!(frame.body.get(), r#"{"a" : [1, "\"]"]}"#);
    assert!(frame.other.is_none());
    assert!(from_str::<Frame<'_>>(r#"{"body":{"a":}}"#).is_err());
}

#[test]
fn it_is_said_where_a_text_is_wrong() {
    assert_eq!(from_str::<Vec<u8>>("[1,\n 2,\n x]"), Err(Bad { line: 3, column: 2 }));
    assert_eq!(from_str::<u8>("").unwrap_err().to_string(), "unreadable at line 1 column 1");
}

#[test]
fn a_deep_text_does_not_exhaust_the_stack() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(from_str::<Value>(&deep(64)).is_ok());
    assert!(from_str::<Value>(&deep(65)).is_err());
    assert!(from_str::<de::IgnoredAny>(&deep(1_000_000)).is_err());
    assert!(from_str::<Vec<u8>>("[1],[2]").is_err());
    assert!(
        from_str::<Vec<Vec<u8>>>(&format!("[{}]", vec!["[1]"; 100].join(","))).is_ok(),
        "wide is not deep"
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1_000_000_000_000_i64..1_000_000_000_000, 0_u32..12)
            .prop_map(|(digits, shift)| Value::from(digits as f64 / 10_f64.powi(shift as i32))),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_written_is_read(value in any_value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert_eq!(from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_broken_text_is_refused_by_both(value in any_value(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let mut letters: Vec<char> = value.to_string().chars().collect();
        let at = at.index(letters.len());
        letters[at] = with;
        let text: String = letters.into_iter().collect();
        prop_assert_eq!(from_str::<de::IgnoredAny>(&text).is_ok(), serde_json::from_str::<de::IgnoredAny>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn a_long_fraction_is_right_to_its_last_place(real in any::<f64>().prop_filter("finite", |real| real.is_finite())) {
        let text = format!("{real:e}");
        if let Ok(read) = from_str::<f64>(&text) {
            prop_assert!((read - real).abs() <= real.abs() * 1e-14, "{} {}", read, real);
        }
    }
}
