//! What a query asks for, checked: a refusal names the member and what would be accepted.

use protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PAGE, PAGE_MAX};
use crate::{
    audit::{CATALOGUE, GENESYS_SERVICES, Property, Search, Service, Want},
    refusal::Refusal,
};

const DAY_MS: i64 = 24 * 3_600_000;
/// The longest interval of a query. Source: developer center, "Audit".
const SPAN_DAYS: i64 = 30;
/// How far back the query in real time looks. Source: AuditApi, postAuditsQueryRealtime.
const REALTIME_DAYS: i64 = 14;
/// Beyond this number a page is refused rather than counted.
const PAGE_NUMBER_MAX: usize = 1_000_000;

/// A query as it was asked; the status repeats it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Vec<AskedFilter>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<Vec<AskedSort>>,
}

/// Which page of it, in real time.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AskedPage {
    page_number: Option<usize>,
    page_size: Option<usize>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct AskedFilter {
    property: String,
    value: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AskedSort {
    name: String,
    sort_order: String,
}

impl Asked {
    /// What is looked for.
    pub(super) fn search(&self) -> Result<Search, Refusal> {
        let (start, end) = self.interval()?;
        if end.ms_since(start) > SPAN_DAYS * DAY_MS {
            let message = format!("interval: expected at most {SPAN_DAYS} days");
            return Err(Refusal::invalid_value(message));
        }
        self.search_within(start, end, CATALOGUE.iter().collect())
    }

    fn search_within(
        &self,
        start: Timestamp,
        end: Timestamp,
        known: Vec<&'static Service>,
    ) -> Result<Search, Refusal> {
        let descending = is_descending(self.sort.as_deref())?;
        let known = match self.service_name.as_deref() {
            None => known,
            Some(name) => match known.iter().find(|service| service.name == name) {
                Some(service) => vec![*service],
                None if is_beside(name) => Vec::new(),
                None => {
                    let names: Vec<&str> = known.iter().map(|service| service.name).collect();
                    let names = names.join(", ");
                    return Err(Refusal::invalid_value(format!("serviceName: expected one of {names}")));
                }
            },
        };
        let wants = self.filters.iter().flatten().map(AskedFilter::read).collect::<Result<Vec<Want>, _>>()?;
        check(&known, &wants)?;
        let services = known.iter().map(|service| service.name).collect();
        Ok(Search { start, end, services, wants, descending })
    }

    fn interval(&self) -> Result<(Timestamp, Timestamp), Refusal> {
        let read = || {
            let (start, end) = self.interval.as_deref()?.split_once('/')?;
            let (start, end) = (moment(start)?, moment(end)?);
            (start < end).then_some((start, end))
        };
        read().ok_or_else(|| {
            Refusal::invalid_value(
                "interval: expected start/end, such as 2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z",
            )
        })
    }
}

impl Asked {
    /// What is looked for; an interval that begins too early is refused, or cut.
    pub(super) fn search_in_real_time(&self, now: Timestamp, cuts: bool) -> Result<Search, Refusal> {
        let (start, end) = self.interval()?;
        let earliest = now.plus_ms(-REALTIME_DAYS * DAY_MS);
        if start < earliest && !cuts {
            let message = format!(
                "interval: expected one that begins in the last {REALTIME_DAYS} days; POST /api/v2/audits/query \
                 looks further back"
            );
            return Err(Refusal::invalid_value(message));
        }
        let known = CATALOGUE.iter().filter(|service| service.realtime).collect();
        self.search_within(start.max(earliest), end, known)
    }
}

impl AskedPage {
    /// Number and size of the page.
    pub(super) fn page(&self) -> Result<(usize, usize), Refusal> {
        let check = |name: &str, number: usize, most: usize| {
            let message = format!("{name}: expected a whole number from 1 to {most}");
            if (1..=most).contains(&number) { Ok(number) } else { Err(Refusal::invalid_value(message)) }
        };
        Ok((
            check("pageNumber", self.page_number.unwrap_or(1), PAGE_NUMBER_MAX)?,
            check("pageSize", self.page_size.unwrap_or(PAGE), PAGE_MAX)?,
        ))
    }
}

impl AskedFilter {
    fn read(&self) -> Result<Want, Refusal> {
        let known = Property::ALL.into_iter().find(|(name, _)| *name == self.property);
        let (_, property) = known.ok_or_else(|| {
            let names = Property::ALL.map(|(name, _)| name).join(", ");
            Refusal::invalid_value(format!(
                "filters.property: expected one of {names}, not {}",
                self.property
            ))
        })?;
        Ok(Want { property, value: self.value.clone() })
    }
}

/// Whether the last comes first, as it does when nothing is said.
pub(super) fn is_descending(sort: Option<&[AskedSort]>) -> Result<bool, Refusal> {
    let sort = match sort {
        None | Some([]) => return Ok(true),
        Some([sort]) => sort,
        Some(_) => return Err(Refusal::invalid_value("sort: expected at most one")),
    };
    if sort.name != "Timestamp" {
        return Err(Refusal::invalid_value("sort.name: expected Timestamp"));
    }
    match sort.sort_order.as_str() {
        "ascending" | "asc" => Ok(false),
        "descending" | "desc" => Ok(true),
        _ => Err(Refusal::invalid_value("sort.sortOrder: expected ascending or descending")),
    }
}

/// Refuses entities and actions that none of these services has. Of a service that is not simulated
/// nothing is known, and nothing is found.
fn check(known: &[&Service], wants: &[Want]) -> Result<(), Refusal> {
    let asked = |property| wants.iter().find(|want| want.property == property).map(|want| &want.value);
    let (entity_type, action) = (asked(Property::EntityType), asked(Property::Action));
    if action.is_some() && entity_type.is_none() {
        return Err(Refusal::invalid_value("filters: Action goes with EntityType only"));
    }
    let Some(entity_type) = entity_type.filter(|_| !known.is_empty()) else { return Ok(()) };
    let entities = || known.iter().flat_map(|service| service.entities);
    let Some((_, actions)) = entities().find(|(name, _)| name == entity_type) else {
        let names: Vec<&str> = entities().map(|(name, _)| *name).collect();
        let message = format!("filters: EntityType: expected one of {}", names.join(", "));
        return Err(Refusal::invalid_value(message));
    };
    match action {
        Some(action) if !actions.contains(&action.as_str()) => {
            let message = format!("filters: Action: {entity_type} has {}", actions.join(", "));
            Err(Refusal::invalid_value(message))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether it is a service of Genesys that is not simulated.
fn is_beside(name: &str) -> bool {
    GENESYS_SERVICES.contains(&name) && CATALOGUE.iter().all(|service| service.name != name)
}

/// A moment; one without a zone is meant in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
