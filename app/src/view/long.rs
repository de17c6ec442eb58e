//! Whether a card's texts could be too long for it.
//!
//! A text that may be cut off has a clip, and a clip is a layer of its own: a thousand cards with three each cost the browser
//! more than all else. So the style sheet clips small cards only when they are said to be long. Nothing is measured, because
//! that would lay out the page: letters count as wide as they are in the widest of the fonts. A clip too many does no harm, a
//! text that sticks out does. The walls in JavaScript of the benchmark have the same rule.

/// The room for a name in the smallest card, in hundredths of its letters' size. Two such lines are no longer than the column
/// of a table's narrowest row that is not clipped anyway.
const NAME_ROOM: u32 = 1_170;

/// The room for a state between its glyph and `99日23時間`, than which hardly a time is wider.
const LABEL_ROOM: u32 = 520;

/// The room for a team in a table; small cards do not show it.
const TEAM_ROOM: u32 = 2_000;

/// How many lines of name and state the smallest card has room for.
const LINES: u32 = 3;

/// More than the room for anything.
const ENDLESS: u32 = 10_000;

/// Whether any of them could be too long.
#[must_use]
pub fn is_long(name: &str, label: &str, team: &str) -> bool {
    // A state's words may break anywhere, those of a name may not.
    lines(name, NAME_ROOM, ENDLESS) + lines(label, LABEL_ROOM, 1) > LINES || width(team) > TEAM_ROOM
}

/// How many lines a text takes at most, and for how many a word counts that has to be broken.
fn lines(text: &str, room: u32, broken: u32) -> u32 {
    let (mut lines, mut line, mut word) = (1, 0, 0);
    for one in text.chars() {
        let wide = letter(one);
        line += wide;
        word = if one == ' ' { 0 } else { word + wide };
        if line > room && line > word {
            // It goes on with this word.
            (lines, line) = (lines + 1, word);
        }
        if word > room {
            (lines, line, word) = (lines + broken, wide, wide);
        }
    }
    lines
}

/// How wide a text is at most.
fn width(text: &str) -> u32 {
    text.chars().map(letter).sum()
}

fn letter(letter: char) -> u32 {
    match letter {
        ' '..='!' | '\''..=')' | ','..='/' | ':'..=';' | 'I' | 'f' | 'i'..='j' | 'l' | 'r' | 't' => 50,
        'm' | 'w' | 'M' | 'W' => 110,
        '0'..='9' | 'a'..='z' => 72,
        'A'..='Z' => 85,
        // Other Latin letters, Hebrew and Arabic ones, and those of Chinese, Japanese and Korean.
        '\0'..='\u{ff}' | '\u{590}'..='\u{6ff}' | '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => 110,
        // More of Latin, Greek, Cyrillic.
        '\u{100}'..='\u{58f}' => 160,
        _ => ENDLESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(name: &str, label: &str) -> bool {
        is_long(name, label, "")
    }

    #[test]
    fn usual_texts_fit() {
        assert!(!long("Anna Müller", "Interacting"));
        assert!(!long("Maximilian Brandt", "After-call work"));
        assert!(!long("Aoife O'Sullivan", "Communicating"));
        assert!(!is_long("佐藤 花子", "後処理中", "カスタマーサポート"));
    }

    #[test]
    fn what_could_stick_out_is_long() {
        assert!(long("Wolfeschlegelsteinhausen", "Idle"), "a word wider than the card");
        assert!(long("Anna Maria Magdalena von und zu Guttenberg", "Idle"), "three lines");
        assert!(long("Maximiliane Schwarzenberger", "Communicating"), "two lines of each");
        assert!(long("Anna Müller", "Waiting for the other department"), "a state of three lines");
        assert!(long("﷽", "Idle"), "letters of unknown width");
        assert!(is_long("Anna", "Idle", "The team that answers what is long about"));
    }

    #[test]
    fn lines_are_filled_as_a_browser_does() {
        assert_eq!(lines("", 100, 1), 1);
        assert_eq!(lines("il il", 250, 1), 1);
        assert_eq!(lines("il il", 249, 1), 2);
        assert_eq!(lines("il il il", 250, 1), 2);
        assert_eq!(lines("aaaaa", 210, 1), 3, "two letters in each line");
        assert_eq!(lines("il aaaaa", 210, 1), 4, "a long word begins in a line of its own");
        assert!(lines("aaaaa", 210, ENDLESS) > LINES);
    }
}
