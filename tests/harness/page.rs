//! A page on this machine, as the proxy sees it: a session, an Origin and our header, without a browser.

use reqwest::{
    Client, Method, RequestBuilder,
    header::{COOKIE, ORIGIN, SET_COOKIE},
};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{client::IntoClientRequest, http::HeaderValue},
};

use super::{Socket, http};

/// A page with its session.
pub struct Page {
    pub http: Client,
    pub base: String,
    pub cookie: String,
}

impl Page {
    /// Opens the proxy's page, which receives a session by itself.
    pub async fn open(base: &str) -> Self {
        let http = http();
        let answer = http.get(format!("{base}/")).send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { http, base: base.to_owned(), cookie }
    }

    /// A request as the page makes it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.header(COOKIE, &self.cookie).header(ORIGIN, &self.base).header("x-rollcall", "1")
    }

    /// A wall's snapshot, and its socket.
    pub async fn wall(&self, id: &str) -> (Value, Socket) {
        let path = format!("/rollcall/walls/{id}/channel");
        let answer = self.request(Method::POST, &path).json(&json!({})).send().await.unwrap();
        let snapshot: Value = answer.error_for_status().unwrap().json().await.unwrap();
        let socket = self.socket(snapshot["connectUri"].as_str().unwrap()).await;
        (snapshot, socket)
    }

    pub async fn socket(&self, uri: &str) -> Socket {
        let mut request = uri.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("origin", HeaderValue::from_str(&self.base).unwrap());
        headers.insert("cookie", HeaderValue::from_str(&self.cookie).unwrap());
        Socket(connect_async(request).await.unwrap().0)
    }
}

/// A figure of /metrics, summed over its labels; 0 when it is not there yet.
pub async fn metric(base: &str, name: &str) -> f64 {
    let text = http().get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    let value = |line: &str| {
        let rest = line.strip_prefix(name)?;
        let rest = if rest.starts_with('{') { rest.split_once('}')?.1 } else { rest };
        rest.trim().parse::<f64>().ok()
    };
    text.lines().filter_map(value).sum()
}
