//! The error that Genesys answers with, and so do we and the simulator.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Body of every REST error. Members that Genesys may leave out are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorBody {
    /// What was wrong and what would be accepted, for people.
    pub message: String,
    /// Stable word for programs, such as `not.found`.
    pub code: String,
    /// The HTTP status once more.
    pub status: u16,
    /// The same as the header `ININ-Correlation-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_id: Option<String>,
    /// The message with its parameters still in braces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_with_params: Option<String>,
    /// The parameters by name.
    pub message_params: BTreeMap<String, String>,
    /// Faults of single fields.
    pub details: Vec<ErrorDetail>,
    /// Further errors.
    pub errors: Vec<ErrorBody>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<ErrorLimit>,
}

/// A fault of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorDetail {
    /// Stable word for programs.
    pub error_code: String,
    /// The field at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_name: Option<String>,
}

/// The limit that a call ran into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorLimit {
    /// Such as `client.credentials.token.rate.per.minute`.
    pub key: String,
    /// Such as `platform.api`.
    pub namespace: String,
    /// The limit's value.
    pub value: i64,
}

impl ErrorBody {
    /// An error with status, code and message.
    #[must_use]
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { message: message.into(), code: code.to_owned(), status, ..Self::default() }
    }
}
