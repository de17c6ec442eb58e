//! What must hold for the style sheet, checked on its text.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../style/tokens.css");

/// The contrast that WCAG 2.2 asks of text, level AA.
const READABLE: f64 = 4.5;

/// Colours that text is written in, and those it is written on.
const INKS: [&str; 17] = [
    "ink",
    "ink-2",
    "ink-3",
    "accent",
    "ok",
    "warn",
    "crit",
    "interacting",
    "idle",
    "after-call-work",
    "not-responding",
    "communicating",
    "available",
    "busy",
    "break",
    "meeting",
    "offline",
];
const GROUNDS: [&str; 3] = ["bg", "surface", "raised"];
/// Tints bear only their own colour and plain ink.
const TINTED: [(&str, &[&str]); 2] = [
    ("warn-tint", &["ink", "ink-2", "ink-3", "warn"]),
    ("crit-tint", &["ink", "ink-2", "ink-3", "crit", "not-responding"]),
];

fn colours(start: &str) -> BTreeMap<&'static str, &'static str> {
    let block = TOKENS.split_once(start).expect("the block exists").1;
    let block = block.split_once('{').expect("a block opens").1.split_once('}').expect("a block closes").0;
    block
        .split(';')
        .filter_map(|line| line.rsplit_once("--")?.1.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(_, value)| value.starts_with('#'))
        .collect()
}

/// Relative luminance as WCAG defines it.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_is_readable_in_both_themes() {
    let mut faint = Vec::new();
    for theme in [":root {", ":root[data-theme=\"light\"]"] {
        let colours = colours(&theme.replace(" {", ""));
        let mut check = |ink: &str, ground: &str| {
            let contrast = contrast(colours[ink], colours[ground]);
            if contrast < READABLE {
                faint.push(format!("{theme} {ink} on {ground}: {contrast:.2}"));
            }
        };
        for ground in GROUNDS {
            INKS.iter().for_each(|ink| check(ink, ground));
        }
        for (tint, inks) in TINTED {
            inks.iter().for_each(|ink| check(ink, tint));
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

#[test]
fn a_light_system_and_the_light_theme_look_the_same() {
    let named = colours(":root[data-theme=\"light\"]");
    assert_eq!(named, colours(":root:not([data-theme])"));
    assert_eq!(named.keys().collect::<Vec<_>>(), colours(":root").keys().collect::<Vec<_>>());
}
