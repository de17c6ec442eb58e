//! Query parameters as SDKs send them: arrays repeated or comma-joined.

use axum::{
    extract::{FromRequestParts, Query as Pairs},
    http::request::Parts,
};

use crate::refusal::Refusal;

/// The query of a call.
#[derive(Debug)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    raw: String,
    path: String,
}

impl Query {
    /// The first value of a parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter, repeated or comma-joined.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.pairs
            .iter()
            .filter(|(is, _)| is == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number(
        &self,
        name: &str,
        default: usize,
        least: usize,
        most: usize,
    ) -> Result<usize, Refusal> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            Refusal::invalid_value(format!("{name}: expected a whole number from {least} to {most}"))
        })
    }

    /// True or false.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid_value(format!("{name}: expected true or false"))),
        }
    }

    /// Whether `sortOrder` asks for the last first.
    pub(crate) fn is_descending(&self) -> Result<bool, Refusal> {
        match self.text("sortOrder").unwrap_or("asc") {
            order if order.eq_ignore_ascii_case("asc") || order.eq_ignore_ascii_case("ascending") => {
                Ok(false)
            }
            order if order.eq_ignore_ascii_case("desc") || order.eq_ignore_ascii_case("descending") => {
                Ok(true)
            }
            _ => Err(Refusal::invalid_value("sortOrder: expected asc or desc")),
        }
    }

    /// The address of this call.
    pub(crate) fn address(&self) -> String {
        format!("{}?{}", self.path, self.raw)
    }

    /// The address of this call with another page.
    pub(super) fn uri_of_page(&self, size: usize, number: usize) -> String {
        self.uri_with(&[("pageSize", &size.to_string()), ("pageNumber", &number.to_string())])
    }

    /// The address of this call with what stands behind another cursor.
    pub(super) fn uri_of_cursor(&self, size: usize, cursor: &str) -> String {
        self.uri_with(&[("pageSize", &size.to_string()), ("cursor", cursor)])
    }

    /// The address of this call with these parameters in the place of its own.
    fn uri_with(&self, own: &[(&str, &str)]) -> String {
        let is_own = |part: &str| own.iter().any(|(name, _)| part.split('=').next() == Some(*name));
        let others = self.raw.split('&').filter(|part| !part.is_empty() && !is_own(part)).map(str::to_owned);
        let parts: Vec<String> =
            own.iter().map(|(name, value)| format!("{name}={value}")).chain(others).collect();
        format!("{}?{}", self.path, parts.join("&"))
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Refusal::bad_request("the query cannot be read"))?;
        let raw = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { pairs, raw, path: parts.uri.path().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Request, Uri};

    use super::*;

    async fn read(uri: &str) -> Query {
        let uri: Uri = uri.parse().unwrap();
        let (mut parts, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
        Query::from_request_parts(&mut parts, &()).await.unwrap()
    }

    #[tokio::test]
    async fn arrays_come_repeated_and_joined() {
        let query = read("/api/v2/users?id=a,b&id=c&expand=presence%2CroutingStatus&id=").await;
        assert_eq!(query.list("id"), ["a", "b", "c"]);
        assert_eq!(query.list("expand"), ["presence", "routingStatus"]);
        assert!(query.list("state").is_empty());
    }

    #[tokio::test]
    async fn numbers_have_bounds_and_pages_addresses() {
        let query = read("/x?pageSize=7&name=a&pageNumber=2").await;
        assert_eq!(query.number("pageSize", 25, 1, 100).unwrap(), 7);
        assert_eq!(query.number("pageCount", 25, 1, 100).unwrap(), 25);
        assert!(read("/x?pageSize=101").await.number("pageSize", 25, 1, 100).is_err());
        assert!(read("/x?pageSize=many").await.number("pageSize", 25, 1, 100).is_err());
        assert_eq!(query.uri_of_page(7, 3), "/x?pageSize=7&pageNumber=3&name=a");
    }
}
