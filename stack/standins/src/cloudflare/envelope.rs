//! The envelope that every answer of Cloudflare's API comes in.

use crate::answer::Answer;
use serde_json::{Value, json};

/// An answer with a result.
pub fn success(result: Value) -> Answer {
    Answer::new(200, json!({ "result": result, "success": true, "errors": [], "messages": [] }))
}

/// A refusal with one error.
pub fn failure(status: u16, code: u32, message: &str) -> Answer {
    refusal(status, json!({ "code": code, "message": message }))
}

/// A refusal whose cause stands below a general error.
pub fn chained(status: u16, code: u32, message: &str, cause: (u32, &str)) -> Answer {
    let (cause_code, cause_message) = cause;
    refusal(status, json!({ "code": code, "message": message, "error_chain": [{ "code": cause_code, "message": cause_message }] }))
}

fn refusal(status: u16, error: Value) -> Answer {
    Answer::new(status, json!({ "result": null, "success": false, "errors": [error], "messages": [] }))
}
