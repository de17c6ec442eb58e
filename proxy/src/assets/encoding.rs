//! Which encodings a browser takes.

use axum::http::{HeaderMap, header};

/// How a file's bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Plain,
}

impl Encoding {
    /// The smallest first.
    pub(super) const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Plain];

    /// As `Accept-Encoding` and `Content-Encoding` name it; the plain one is not named.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }

    /// What the bundler adds to the name of the file.
    pub(super) const fn ending(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some(".br"),
            Self::Gzip => Some(".gz"),
            Self::Plain => None,
        }
    }
}

/// The encodings that a request accepts. The plain one is always among them: whoever refuses it is
/// better served with bytes than with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    brotli: bool,
    gzip: bool,
}

impl Accepted {
    pub(super) fn contains(self, encoding: Encoding) -> bool {
        match encoding {
            Encoding::Brotli => self.brotli,
            Encoding::Gzip => self.gzip,
            Encoding::Plain => true,
        }
    }
}

/// Reads `Accept-Encoding`. Among what is accepted the smallest is sent, whatever the browser's order
/// of preference: each unpacks at once.
pub(super) fn accepted(request: &HeaderMap) -> Accepted {
    let values = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut brotli, mut gzip, mut rest) = (None, None, false);
    for item in values.flat_map(|list| list.split(',')) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let is_wanted = quality(parameters) > 0.0;
        match name.trim().to_ascii_lowercase().as_str() {
            "br" => brotli = Some(is_wanted),
            "gzip" | "x-gzip" => gzip = Some(is_wanted),
            "*" => rest = is_wanted,
            _ => {}
        }
    }
    Accepted { brotli: brotli.unwrap_or(rest), gzip: gzip.unwrap_or(rest) }
}

/// Whether an answer that is made as it is asked for may be packed.
pub fn takes_gzip(request: &HeaderMap) -> bool {
    accepted(request).contains(Encoding::Gzip)
}

/// The `q` of an item: 1 when it is not said, 0 when it cannot be read.
fn quality(parameters: &str) -> f32 {
    let q = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
    });
    q.map_or(1.0, |value| value.parse().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &[&'static str], brotli: bool, gzip: bool) {
        let mut request = HeaderMap::new();
        for value in header {
            request.append(header::ACCEPT_ENCODING, axum::http::HeaderValue::from_static(value));
        }
        assert_eq!(accepted(&request), Accepted { brotli, gzip }, "{header:?}");
    }

    #[test]
    fn what_is_named_is_accepted() {
        check(&["gzip, deflate, br, zstd"], true, true);
        check(&["gzip", "br"], true, true);
        check(&["GZIP;q=0.5"], false, true);
        check(&["*"], true, true);
        check(&["br ; q = 1.0"], true, false);
    }

    #[test]
    fn what_is_not_named_or_refused_is_not() {
        check(&[], false, false);
        check(&[""], false, false);
        check(&["identity"], false, false);
        check(&["br;q=0, *"], false, true);
        check(&["gzip;q=x"], false, false);
        check(&["brotli, gz"], false, false);
    }
}
