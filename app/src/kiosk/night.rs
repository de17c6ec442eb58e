//! When it is night for a screen.

use protocol::wall::Night;

/// By how much a screen is dimmed at a minute of the local day, in per cent. Times that cannot be read dim nothing: who
/// wrote them is told so where the wall is defined.
#[must_use]
pub fn dim_at(night: &Night, minute: u32) -> u32 {
    let (Some(from), Some(to)) = (minute_of(&night.from), minute_of(&night.to)) else { return 0 };
    let is_night = if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
    if is_night { night.dim.min(100) } else { 0 }
}

/// `06:30` as minutes since midnight; `24:00` is the end of the day.
fn minute_of(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dim(from: &str, to: &str, at: &str) -> u32 {
        let night = Night { from: from.to_owned(), to: to.to_owned(), dim: 70 };
        dim_at(&night, minute_of(at).unwrap())
    }

    #[test]
    fn a_night_may_pass_midnight() {
        for (at, expected) in
            [("19:59", 0), ("20:00", 70), ("23:59", 70), ("00:00", 70), ("06:29", 70), ("06:30", 0)]
        {
            assert_eq!(dim("20:00", "06:30", at), expected, "{at}");
        }
        for (at, expected) in [("00:59", 0), ("1:00", 70), ("04:59", 70), ("05:00", 0)] {
            assert_eq!(dim("01:00", "5:00", at), expected, "{at}");
        }
        assert_eq!(dim("00:00", "24:00", "12:00"), 70, "always");
        assert_eq!(dim("20:00", "20:00", "20:00"), 0, "never");
    }

    #[test]
    fn what_is_no_time_dims_nothing() {
        for bad in ["", "8", "25:00", "20:60", "-1:00", "20:00:00", "aa:bb"] {
            assert_eq!(dim(bad, "06:00", "05:00"), 0, "{bad}");
        }
        let all = Night { from: "0:00".to_owned(), to: "24:00".to_owned(), dim: 300 };
        assert_eq!(dim_at(&all, 0), 100);
    }
}
