//! The page on which a person chooses who to be: plain HTML, without scripts.

use std::fmt::Write;

use axum::{
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    },
    response::{Html, IntoResponse, Response},
};

use super::Role;
use crate::world::{AgentIx, World};

/// People who are offered by name; all others by e-mail address or user id.
const PEOPLE_SHOWN: usize = 20;
const STYLE: &str = include_str!("page.css");

/// What the page shows.
pub(super) struct Choice<'a> {
    pub(super) world: &'a World,
    pub(super) client: &'a str,
    pub(super) redirect_uri: &'a str,
    /// Whom the client expects.
    pub(super) hinted: Option<AgentIx>,
    /// What was wrong with the last choice.
    pub(super) complaint: Option<&'a str>,
    /// Where the form goes: here, with the client's wish in the query.
    pub(super) action: &'a str,
}

impl Choice<'_> {
    /// The page; 400 when it complains.
    pub(super) fn page(&self) -> Response {
        let shown: Vec<AgentIx> = self.world.people().take(PEOPLE_SHOWN).collect();
        let hinted_shown = self.hinted.filter(|agent| shown.contains(agent));
        let hinted_other = self.hinted.filter(|agent| !shown.contains(agent));
        let mut people = String::new();
        for agent in shown {
            let who = &self.world.agents[agent.0];
            let checked = if hinted_shown == Some(agent) { " checked" } else { "" };
            // Writing to text does not fail.
            let _ = writeln!(
                people,
                r#"<label class="person"><input type="radio" name="user" value="{id}"{checked}>
<span class="face" aria-hidden="true">{initials}</span>
<span class="who"><strong>{name}</strong><small>{title}</small></span>
<span class="role {role}">{role}</span></label>"#,
                id = escaped(who.id.as_str()),
                initials = escaped(&initials(&who.name)),
                name = escaped(&who.name),
                title = escaped(&who.title),
                role = Role::of(self.world, agent).as_str(),
            );
        }
        let other = hinted_other.map_or("", |agent| self.world.agents[agent.0].email.as_str());
        let complaint = self
            .complaint
            .map(|text| format!("<p class=\"complaint\" role=\"alert\">{}</p>\n", escaped(text)))
            .unwrap_or_default();
        let body = format!(
            r#"<h1>Sign in to {organisation}</h1>
{complaint}<p><strong>{client}</strong> asks who you are, and sends you back to <code>{redirect_uri}</code>.</p>
<p>This organisation is simulated: choose anybody, there is no password. Supervisors may do everything.</p>
<form method="post" action="{action}">
<fieldset><legend>Who are you?</legend>
<div class="people">
{people}</div></fieldset>
<label for="other">Somebody else: e-mail address or user id</label>
<input type="text" id="other" name="other" value="{other}" autocomplete="off" spellcheck="false">
<div class="answers">
<button type="submit" name="answer" value="allow">Sign in</button>
<button type="submit" name="answer" value="deny">Do not sign in</button>
</div>
</form>"#,
            organisation = escaped(&self.world.organisation.name),
            client = escaped(self.client),
            redirect_uri = escaped(self.redirect_uri),
            action = escaped(self.action),
            other = escaped(other),
        );
        let status = if self.complaint.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        document(status, "Sign in", &body)
    }
}

/// The page that says why nobody can sign in.
pub(super) fn error(text: &str) -> Response {
    let body = format!(
        "<h1>Sign-in is not possible</h1>\n<p class=\"complaint\" role=\"alert\">{}</p>\n\
         <p>The program that sent you here has to mend it; you were not sent back to it, because its \
         address is not known to be right.</p>",
        escaped(text)
    );
    document(StatusCode::BAD_REQUEST, "Sign-in is not possible", &body)
}

fn document(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    );
    // No form-action: it would forbid the redirect that follows the form.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let headers: [(HeaderName, HeaderValue); 2] = [
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Html(html)).into_response()
}

/// The first letters of the first and the last name.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    [words.next(), words.next_back()].into_iter().flatten().filter_map(|word| word.chars().next()).collect()
}

/// Text that stands for itself in HTML, also between quotation marks.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
