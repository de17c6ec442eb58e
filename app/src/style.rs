//! What must hold for the style sheet, checked on its text.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../style/tokens.css");

/// The contrast that WCAG 2.2 asks of text, level AA.
const READABLE: f64 = 4.5;

/// What it asks of the border of something to type into.
const SEEN: f64 = 3.0;

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

/// The palettes for those who see fewer colours, with what they see: Machado and others, "A Physiologically-based Model for
/// Simulation of Color Vision Deficiency" (2009), severity 1, on linear light.
const DEFICIENCIES: [(&str, [[f64; 3]; 3]); 3] = [
    (
        "protan",
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    ),
    (
        "deutan",
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ),
    (
        "tritan",
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ),
];

/// The states that a supervisor acts upon.
const CORE: [&str; 5] = ["not-responding", "interacting", "idle", "after-call-work", "break"];
/// Those beside them.
const OTHERS: [&str; 4] = ["busy", "meeting", "communicating", "available"];
/// Distances in Oklab, in which 0.02 is just seen: how far the states above are apart, and how far all of them are.
const CORE_APART: f64 = 0.13;
const ALL_APART: f64 = 0.06;

/// The colours of a theme with a palette over them.
fn themed(theme: &str, palette: &str) -> BTreeMap<&'static str, &'static str> {
    let mut all = colours(":root");
    if theme != "dark" {
        all.extend(colours(&format!("\n[data-theme=\"{theme}\"]")));
    }
    if palette != "standard" {
        all.extend(colours(&format!("\n[data-palette=\"{palette}\"]")));
        if theme == "light" {
            all.extend(colours(&format!("[data-theme=\"light\"][data-palette=\"{palette}\"]")));
        }
    }
    all
}

fn linear(colour: &str) -> [f64; 3] {
    [1, 3, 5].map(|at| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|row| (0..3).map(|at| matrix[row][at] * vector[at]).sum())
}

/// Björn Ottosson's perceptual colour space.
fn oklab(light: [f64; 3]) -> [f64; 3] {
    let cones = times(
        &[
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        light.map(|value| value.clamp(0.0, 1.0)),
    );
    times(
        &[
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ],
        cones.map(f64::cbrt),
    )
}

fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn states_are_told_apart_by_those_who_see_fewer_colours() {
    let mut close = Vec::new();
    for (palette, deficiency) in &DEFICIENCIES {
        for theme in ["dark", "light", "contrast"] {
            let colours = themed(theme, palette);
            let seen = |state: &str| oklab(times(deficiency, linear(colours[state])));
            let plain = |state: &str| oklab(linear(colours[state]));
            let all: Vec<&str> = CORE.into_iter().chain(OTHERS).collect();
            for (at, a) in all.iter().enumerate() {
                for b in &all[at + 1..] {
                    let least = if CORE.contains(a) && CORE.contains(b) { CORE_APART } else { ALL_APART };
                    let apart = apart(seen(a), seen(b)).min(apart(plain(a), plain(b)));
                    if apart < least {
                        close.push(format!("{palette} {theme}: {a} and {b} are {apart:.3} apart"));
                    }
                }
            }
        }
    }
    assert!(close.is_empty(), "{close:#?}");
}

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
    let [red, green, blue] = linear(colour);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_is_readable_in_every_theme_and_palette() {
    let mut faint = Vec::new();
    for theme in ["dark", "light", "contrast"] {
        for palette in ["standard", "protan", "deutan", "tritan"] {
            let colours = themed(theme, palette);
            let mut check = |ink: &str, ground: &str, least: f64| {
                let contrast = contrast(colours[ink], colours[ground]);
                if contrast < least {
                    faint.push(format!("{theme} {palette} {ink} on {ground}: {contrast:.2}"));
                }
            };
            for ground in GROUNDS {
                INKS.iter().for_each(|ink| check(ink, ground, READABLE));
                check("field", ground, SEEN);
            }
            for (tint, inks) in TINTED {
                inks.iter().for_each(|ink| check(ink, tint, READABLE));
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

#[test]
fn a_light_system_and_the_light_theme_look_the_same() {
    let named = colours("\n[data-theme=\"light\"]");
    assert_eq!(named, colours(":root:not([data-theme])"));
    assert_eq!(named.keys().collect::<Vec<_>>(), colours(":root").keys().collect::<Vec<_>>());
}
