//! Finding users: `GET /api/v2/users/query` by cursor, `POST /api/v2/users/search` by what they are.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Query, TypedBody,
    body::{Expand, UserBody},
    teams::{cursor_of, place_of},
    typed_body::json_of,
    users::StateAsked,
};
use crate::{
    refusal::Refusal,
    shared::Shared,
    world::{Agent, AgentIx, World},
};

/// A page of users, as of `GET /api/v2/users`.
const PAGE_MAX: usize = 500;
/// Users a page when the call does not say.
const PAGE: usize = 25;
/// Groups inside groups of criteria.
const DEPTH_MAX: usize = 5;
/// Base64 with or without the signs that fill it up.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const FIELDS: [&str; 7] = ["id", "name", "email", "username", "title", "department", "state"];

/// `GET /api/v2/users/query`
pub(super) async fn get_query(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let size = query.number("pageSize", PAGE, 1, PAGE_MAX)?;
    let start = query.text("cursor").map_or(Ok(0), place_of)?;
    let expand = Expand::of(&query.list("expand"));
    let descending = query.is_descending()?;
    let wanted = StateAsked::of(&query)?;
    let state = shared.enter();
    let world = &state.world;
    // A cursor stands for a place among all users, so that it stays good when somebody leaves.
    let all = world.agents.len();
    let at = |place: usize| AgentIx(if descending { all - 1 - place } else { place });
    let mut asked = (start..all).filter(|place| wanted.includes(world.agents[at(*place).0].state));
    let entities: Vec<UserBody<'_>> =
        asked.by_ref().take(size).map(|place| UserBody::of(world, at(place), expand)).collect();
    let uri = |cursor: &str| query.uri_of_cursor(size, cursor);
    let mut body =
        json!({ "results": entities.len(), "entities": entities, "selfUri": uri(&cursor_of(start)) });
    if let Some(next) = asked.next() {
        let cursor = cursor_of(next);
        body["nextUri"] = uri(&cursor).into();
        body["cursor"] = cursor.into();
    }
    Ok(Json(body).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SearchBody {
    page_size: Option<usize>,
    page_number: Option<usize>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    #[serde(default)]
    expand: Vec<String>,
    #[serde(default)]
    query: Vec<Criterion>,
}

/// One thing that is asked of a user.
#[derive(Deserialize)]
struct Criterion {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    fields: Vec<String>,
    value: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    operator: Option<String>,
    #[serde(default)]
    group: Vec<Criterion>,
}

/// `GET /api/v2/users/search`: the same search, its body in base64 as `q64`.
pub(super) async fn get_search(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let q64 = query.text("q64").ok_or_else(|| Refusal::bad_request("q64 is missing"))?;
    // A plus that nobody has escaped arrives as a space.
    let text = BASE64.decode(q64.replace(' ', "+"));
    let text = text.map_err(|_| Refusal::invalid_value("q64: expected base64 of the JSON of a search"))?;
    let mut body: SearchBody = json_of(&text)?;
    body.expand.extend(query.list("expand").into_iter().map(str::to_owned));
    search(&shared, &body)
}

/// `POST /api/v2/users/search`
pub(super) async fn post_search(
    State(shared): State<Arc<Shared>>,
    TypedBody(body): TypedBody<SearchBody>,
) -> Result<Response, Refusal> {
    search(&shared, &body)
}

fn search(shared: &Shared, body: &SearchBody) -> Result<Response, Refusal> {
    let size = body.page_size.unwrap_or(PAGE);
    let number = body.page_number.unwrap_or(1);
    if !(1..=PAGE_MAX).contains(&size) || number == 0 {
        return Err(Refusal::invalid_value(format!(
            "pageSize: expected 1 to {PAGE_MAX}; pageNumber: expected 1 or more"
        )));
    }
    let sort_by = body.sort_by.as_deref().unwrap_or("name");
    check_field(sort_by)?;
    let descending = match body.sort_order.as_deref().unwrap_or("ASC") {
        order if order.eq_ignore_ascii_case("asc") || order.eq_ignore_ascii_case("score") => false,
        order if order.eq_ignore_ascii_case("desc") => true,
        _ => return Err(Refusal::invalid_value("sortOrder: expected ASC, DESC or SCORE")),
    };
    body.query.iter().try_for_each(|criterion| criterion.check(DEPTH_MAX))?;
    let names: Vec<&str> = body.expand.iter().map(String::as_str).collect();
    let expand = Expand::of(&names);
    let state = shared.enter();
    let world: &World = &state.world;
    // Whoever does not ask for a state means those who work here.
    let any_state = body.query.iter().any(Criterion::asks_for_state);
    let mut found: Vec<&Agent> = world
        .agents
        .iter()
        .filter(|who| (any_state || who.is_active()) && all_match(&body.query, who))
        .collect();
    found.sort_by_key(|who| field_of(who, sort_by).to_lowercase());
    if descending {
        found.reverse();
    }
    let start = (number - 1).saturating_mul(size);
    let results: Vec<UserBody<'_>> = found
        .iter()
        .skip(start)
        .take(size)
        .filter_map(|who| world.known_user(who.id.as_str()))
        .map(|agent| UserBody::of(world, agent, expand))
        .collect();
    Ok(Json(json!({
        "total": found.len(),
        "pageCount": found.len().div_ceil(size),
        "pageSize": size,
        "pageNumber": number,
        "types": ["users"],
        "results": results,
    }))
    .into_response())
}

impl Criterion {
    fn check(&self, depth: usize) -> Result<(), Refusal> {
        let known = [
            "EXACT",
            "STARTS_WITH",
            "CONTAINS",
            "TERM",
            "TERMS",
            "QUERY_STRING",
            "REQUIRED_FIELDS",
            "MATCH_ALL",
        ];
        if !known.contains(&self.kind.as_str()) {
            return Err(Refusal::invalid_value(format!("type: expected one of {}", known.join(", "))));
        }
        if self.operator.as_deref().is_some_and(|is| !["AND", "OR", "NOT"].contains(&is)) {
            return Err(Refusal::invalid_value("operator: expected AND, OR or NOT"));
        }
        if depth == 0 {
            return Err(Refusal::invalid_value(format!("group: at most {DEPTH_MAX} deep")));
        }
        let speaks = !matches!(self.kind.as_str(), "MATCH_ALL" | "REQUIRED_FIELDS") && self.group.is_empty();
        if speaks && self.wanted().next().is_none() {
            return Err(Refusal::invalid_value("value: expected a value, or values"));
        }
        if speaks && self.kind != "QUERY_STRING" && self.fields.is_empty() {
            return Err(Refusal::invalid_value("fields: expected at least one"));
        }
        self.fields.iter().try_for_each(|field| check_field(field))?;
        self.group.iter().try_for_each(|criterion| criterion.check(depth - 1))
    }

    fn asks_for_state(&self) -> bool {
        self.fields.iter().any(|field| field == "state") || self.group.iter().any(Self::asks_for_state)
    }

    fn wanted(&self) -> impl Iterator<Item = String> + '_ {
        self.value.iter().chain(&self.values).map(|value| value.to_lowercase())
    }

    fn matches(&self, who: &Agent) -> bool {
        if !self.group.is_empty() {
            return all_match(&self.group, who);
        }
        let fields = || -> Vec<String> {
            let named = self.fields.iter().map(String::as_str);
            let fields: Vec<&str> = if self.fields.is_empty() { FIELDS.to_vec() } else { named.collect() };
            fields.into_iter().map(|field| field_of(who, field).to_lowercase()).collect()
        };
        let any = |is: &dyn Fn(&str, &str) -> bool| {
            fields().iter().any(|field| self.wanted().any(|wanted| is(field, &wanted)))
        };
        match self.kind.as_str() {
            "EXACT" => any(&|field, wanted| field == wanted),
            "STARTS_WITH" => any(&|field, wanted| {
                field.starts_with(wanted) || field.split_whitespace().any(|word| word.starts_with(wanted))
            }),
            "CONTAINS" | "QUERY_STRING" => any(&|field, wanted| field.contains(wanted)),
            "TERM" | "TERMS" => {
                any(&|field, wanted| field == wanted || field.split_whitespace().any(|word| word == wanted))
            }
            "REQUIRED_FIELDS" => fields().iter().all(|field| !field.is_empty()),
            _ => true,
        }
    }
}

/// All that are joined by AND match, none by NOT, and one of those by OR where nothing is joined by AND.
fn all_match(criteria: &[Criterion], who: &Agent) -> bool {
    let of = |operator: &'static str| {
        criteria.iter().filter(move |is| is.operator.as_deref().unwrap_or("AND") == operator)
    };
    let or_counts = of("AND").next().is_none() && of("OR").next().is_some();
    of("AND").all(|is| is.matches(who))
        && !of("NOT").any(|is| is.matches(who))
        && (!or_counts || of("OR").any(|is| is.matches(who)))
}

fn check_field(field: &str) -> Result<(), Refusal> {
    if FIELDS.contains(&field) {
        Ok(())
    } else {
        Err(Refusal::invalid_value(format!("{field}: expected a field of {}", FIELDS.join(", "))))
    }
}

fn field_of<'a>(who: &'a Agent, field: &str) -> &'a str {
    match field {
        "id" => who.id.as_str(),
        "name" => &who.name,
        "email" | "username" => &who.email,
        "title" => &who.title,
        "department" => &who.department,
        _ => who.state.as_str(),
    }
}
