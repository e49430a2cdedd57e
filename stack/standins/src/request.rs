//! A call as a stand-in sees it, once its credentials were read.

use serde_json::Value;

/// One call.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Method.
    pub method: &'a str,
    /// Path, without the query.
    pub path: &'a str,
    /// Query parameters.
    pub query: &'a [(String, String)],
    /// Body; null if there is none.
    pub body: &'a Value,
}

impl Request<'_> {
    /// The value of a query parameter, the first if there are several.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
