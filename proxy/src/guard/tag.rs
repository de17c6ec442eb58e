//! What a caller files a change under: a case, a rule, an order. It changes nothing; it stands in the log, and can be looked for.

use axum::http::{HeaderMap, HeaderName};

use crate::problem::Problem;

/// The header of a request.
pub const HEADER: HeaderName = HeaderName::from_static("compliance-tag");

/// The member of an update on the publisher's socket.
pub const MEMBER: &str = "complianceTag";

/// Characters of a tag: the number of a case or the name of a rule, and no report.
const CHARACTERS_MAX: usize = 100;

/// The tag of a request, where it has one.
///
/// # Errors
/// When it is none.
pub fn of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(HEADER).iter();
    let Some(tag) = given.next() else { return Ok(None) };
    let text = std::str::from_utf8(tag.as_bytes()).ok().filter(|_| given.next().is_none());
    read(text.unwrap_or_default(), "Compliance-Tag").map(Some)
}

/// A tag, as the header or the member `name` has it.
///
/// # Errors
/// When it is none.
pub fn read(text: &str, name: &str) -> Result<String, Problem> {
    let tag = text.trim();
    if tag.is_empty() || tag.chars().count() > CHARACTERS_MAX || tag.contains(char::is_control) {
        let words =
            format!("{name} is one text of 1 to {CHARACTERS_MAX} characters in UTF-8 and in one line");
        return Err(Problem::BadRequest(words));
    }
    Ok(tag.to_owned())
}
