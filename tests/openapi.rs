//! The copy of the API's document for readers: what the program answers at `/api/v1/openapi.json`.
//!
//! That answers are as it says is tested beside the endpoints (`src/http/api/tests/`).

use std::fs;
use std::path::Path;

use customer_pulse::http::api::{document, routes};

#[test]
fn the_copy_for_readers_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let text = format!("{:#}\n", document::document());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).expect("the folder is there");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "write it anew: UPDATE_DOCS=1 cargo test --test openapi");
}

#[test]
fn every_route_is_documented_and_every_reference_leads_somewhere() {
    let document = document::document();
    for (method, path) in routes() {
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert!(operation["operationId"].is_string(), "{method} {path}");
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a closing quote");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
