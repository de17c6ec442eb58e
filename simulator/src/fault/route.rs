//! Which calls an order names: `/api/v2/users`, `GET /api/v2/users/{userId}`, `POST /oauth/token$`.

use std::fmt;

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// The faces of Genesys; `/simulator` itself never fails on order.
const FACES: [&str; 3] = ["api", "oauth", "channels"];

/// A route and all below it; a `$` at its end means the route alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    text: String,
    method: Option<&'static str>,
    parts: Vec<String>,
    ends: bool,
}

impl Route {
    /// Reads it; the error says what is expected.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (method, path) = match text.split_once(' ') {
            None => (None, text),
            Some((method, path)) => {
                let known = METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(method));
                let known = known.ok_or_else(|| {
                    format!("route: {method:?} is not a method; expected {}", METHODS.join(", "))
                })?;
                (Some(known), path.trim())
            }
        };
        let (path, ends) = path.strip_suffix('$').map_or((path, false), |path| (path, true));
        let parts: Vec<String> = parts(path).map(str::to_owned).collect();
        let known = parts.first().is_some_and(|face| FACES.contains(&face.as_str()));
        if !path.starts_with('/') || !known {
            return Err("route: expected a path that begins with /api, /oauth or /channels, after a \
                        method if only one is meant, such as \"GET /api/v2/users/{userId}\""
                .to_owned());
        }
        Ok(Self { text: text.to_owned(), method, parts, ends })
    }

    /// Whether a call is meant. `{anything}` stands for any one part.
    pub(crate) fn names(&self, method: &str, path: &str) -> bool {
        if self.method.is_some_and(|own| own != method) {
            return false;
        }
        let mut asked = parts(path);
        let begins = self.parts.iter().all(|own| {
            asked.next().is_some_and(|part| {
                (own.starts_with('{') && own.ends_with('}')) || own.eq_ignore_ascii_case(part)
            })
        });
        begins && (!self.ends || asked.next().is_none())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_names_itself_and_what_is_below_it() {
        let check = |route: &str, method: &str, path: &str, expected: bool| {
            let is = Route::read(route).unwrap().names(method, path);
            assert_eq!(is, expected, "{route}: {method} {path}");
        };
        check("/api/v2/users", "GET", "/api/v2/users", true);
        check("/api/v2/users", "PATCH", "/api/v2/users/u/presences/purecloud", true);
        check("/api/v2/users", "GET", "/api/v2/usersearch", false);
        check("/api/v2/users$", "GET", "/api/v2/users/u", false);
        check("get /api/v2/users", "GET", "/api/v2/users", true);
        check("GET /api/v2/users", "HEAD", "/api/v2/users", false);
        check("/api/v2/routing/queues/{queueId}/members", "GET", "/api/v2/routing/queues/q/members", true);
        check("/api/v2/routing/queues/{queueId}/members", "GET", "/api/v2/routing/queues/q", false);
        check("/api/v2/routing/queues/{queueId}$", "GET", "/api/v2/routing/queues/q", true);
        check("/api", "POST", "/oauth/token", false);
        check("POST /oauth/token", "POST", "/oauth/token", true);
    }

    #[test]
    fn what_is_no_route_is_refused_with_an_example() {
        for text in ["", "users", "/simulator/truth", "api/v2", "SING /api", "/"] {
            assert!(Route::read(text).unwrap_err().starts_with("route: "), "{text}");
        }
    }
}
