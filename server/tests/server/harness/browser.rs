//! A small browser: keeps cookies per address, follows redirects, fills in Keycloak's forms.
//!
//! Cookies marked Secure go to http://localhost too, as real browsers do it; cookie jars of libraries do not.

use super::{Account, App};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashMap;
use url::Url;

/// An answer.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The address that a redirect leads to.
    pub fn location(&self) -> Url {
        self.url.join(self.header("location")).unwrap()
    }

    /// The id of the request.
    pub fn request_id(&self) -> &str {
        self.header("x-request-id")
    }

    /// The address of the form that has an input of that name.
    pub fn form(&self, input: &str) -> Url {
        let form =
            self.text.split("<form").skip(1).find(|form| form.split("</form>").next().unwrap().contains(&format!("name=\"{input}\"")));
        let form = form.unwrap_or_else(|| panic!("no form with {input} on {}: {}", self.url, self.text));
        let action = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        self.url.join(&action).unwrap()
    }
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    cookies: HashMap<String, HashMap<String, String>>,
    /// Every `Set-Cookie` of Steward's that came.
    pub set_cookies: Vec<String>,
}

impl Browser {
    pub fn new() -> Self {
        Self { http: steward_core::platform::http::client().unwrap(), cookies: HashMap::new(), set_cookies: Vec::new() }
    }

    /// The value of a cookie.
    pub fn cookie(&self, app: &App, name: &str) -> Option<String> {
        self.cookies.get(&origin(&Url::parse(&app.url).unwrap()))?.get(name).cloned()
    }

    /// Puts a cookie in.
    pub fn put_cookie(&mut self, app: &App, name: &str, value: &str) {
        self.cookies.entry(origin(&Url::parse(&app.url).unwrap())).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// One request, no redirect followed.
    pub async fn send(&mut self, method: &str, url: &Url, headers: &[(&str, &str)], body: Option<String>) -> Page {
        let mut request = self.http.request(method.parse().unwrap(), url.clone());
        if let Some(cookies) = self.cookies.get(&origin(url)) {
            let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", line.join("; "));
        }
        for (name, value) in headers {
            request = request.header(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (url, status, headers) = (response.url().clone(), response.status().as_u16(), response.headers().clone());
        self.keep(&url, &headers);
        Page { url, status, headers, text: response.text().await.unwrap() }
    }

    fn keep(&mut self, url: &Url, headers: &HeaderMap) {
        for set in headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            self.set_cookies.push(set.to_owned());
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let jar = self.cookies.entry(origin(url)).or_default();
            if value.is_empty() || set.to_lowercase().contains("max-age=0") {
                jar.remove(name.trim());
            } else {
                jar.insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }

    /// Opens an address of the app and follows redirects to the end.
    pub async fn open(&mut self, app: &App, path: &str) -> Page {
        self.follow(Url::parse(&app.url).unwrap().join(path).unwrap(), None).await
    }

    /// Opens an address of the app, no redirect followed.
    pub async fn get(&mut self, app: &App, path: &str) -> Page {
        self.send("GET", &Url::parse(&app.url).unwrap().join(path).unwrap(), &[], None).await
    }

    /// Sends a form of the app's own, as a browser would.
    pub async fn post(&mut self, app: &App, path: &str, form: &[(&str, &str)]) -> Page {
        let headers =
            [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
        let url = Url::parse(&app.url).unwrap().join(path).unwrap();
        self.send("POST", &url, &headers, Some(serde_urlencoded::to_string(form).unwrap())).await
    }

    /// Follows redirects until there are no more, or until an address begins with `until`: that one is not opened.
    pub async fn follow(&mut self, url: Url, until: Option<&str>) -> Page {
        let mut page = self.send("GET", &url, &[], None).await;
        while matches!(page.status, 301..=303 | 307) {
            let next = page.location();
            if until.is_some_and(|until| next.as_str().starts_with(until)) {
                return Page { url: next, ..page };
            }
            page = self.send("GET", &next, &[], None).await;
        }
        page
    }

    /// Fills in a form of Keycloak's and follows on.
    async fn fill_in(&mut self, page: &Page, input: &str, values: &[(&str, &str)], until: Option<&str>) -> Page {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self.send("POST", &page.form(input), &headers, Some(serde_urlencoded::to_string(values).unwrap())).await;
        if !matches!(answer.status, 301..=303) {
            return answer;
        }
        let next = answer.location();
        if until.is_some_and(|until| next.as_str().starts_with(until)) {
            return Page { url: next, ..answer };
        }
        self.follow(next, until).await
    }

    /// Signs in with password and code, as far as the answer's address, which is not opened.
    pub async fn up_to_answer(&mut self, app: &App, account: &Account, path: &str) -> Url {
        let until = format!("{}/auth/callback", app.url);
        let mut page = self.follow(Url::parse(&app.url).unwrap().join(path).unwrap(), Some(&until)).await;
        if !page.url.as_str().starts_with(&until) {
            page =
                self.fill_in(&page, "password", &[("username", &account.username), ("password", account.password())], Some(&until)).await;
        }
        if !page.url.as_str().starts_with(&until) {
            page = self.fill_in(&page, "otp", &[("otp", &account.code())], Some(&until)).await;
        }
        assert!(page.url.as_str().starts_with(&until), "the sign-in stopped at {}: {}", page.url, page.text);
        page.url
    }

    /// Opens a page of the app and signs in on the way.
    pub async fn sign_in(&mut self, app: &App, account: &Account, path: &str) -> Page {
        let answer = self.up_to_answer(app, account, path).await;
        self.follow(answer, None).await
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
