//! The state of a list as its URL: reading the query, and making links to the same list with one thing changed.

use std::fmt::Write;

/// The pairs of a query string that a page knows; empty values are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Keeps the pairs whose names the page knows.
    #[must_use]
    pub fn read(pairs: &[(String, String)], known: &[&str]) -> Self {
        Self(
            pairs
                .iter()
                .filter(|(name, value)| known.contains(&name.as_str()) && !value.trim().is_empty())
                .map(|(name, value)| (name.clone(), value.trim().to_owned()))
                .collect(),
        )
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same without these names.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// The same with another value.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut changed = self.without(&[name]);
        changed.0.push((name.to_owned(), value.into()));
        changed
    }

    /// The link: `path`, then the query if there is one.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        let mut link = path.to_owned();
        for (place, (name, value)) in self.0.iter().enumerate() {
            link.push(if place == 0 { '?' } else { '&' });
            link.push_str(name);
            link.push('=');
            encode(&mut link, value);
        }
        link
    }
}

/// Percent-encodes a value of a query.
fn encode(link: &mut String, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => link.push(char::from(byte)),
            b' ' => link.push('+'),
            // A String takes everything that is written to it.
            byte => {
                let _ = write!(link, "%{byte:02X}");
            }
        }
    }
}

/// The value of a field in a form's body; empty if it was not sent.
#[must_use]
pub fn value_of(body: &[(String, String)], name: &str) -> String {
    body.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_state_and_encode_it() {
        let pairs =
            [("q", "O'Neill & Söhne"), ("status", "active"), ("evil", "x"), ("sort", " ")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let query = Query::read(&pairs, &["q", "status", "sort"]);
        assert_eq!(query.link("/tenants"), "/tenants?q=O%27Neill+%26+S%C3%B6hne&status=active");
        assert_eq!(query.without(&["q"]).with("after", "a/b").link("/tenants"), "/tenants?status=active&after=a%2Fb");
        assert_eq!(Query::default().link("/tenants"), "/tenants");
    }
}
