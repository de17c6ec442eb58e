//! The JSON schema of a wall's file, for editors and other programs: written from the table of keys, so that it says what
//! the reader does.

use protocol::wall::TileKind;
use serde_json::{Map, Value, json};

use super::keys::{ID_CHARS_MAX, Key, NAME_CHARS_MAX, NAMES_MAX, Shape, URL_CHARS_MAX, WALL, of_tile};

/// The schema of a wall, draft 2020-12.
#[must_use]
pub fn wall() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("A wall of Rollcall"));
    schema
        .insert("description".to_owned(), json!("One file in the folder of walls, {id}.json or {id}.toml."));
    schema.extend(table(WALL));
    Value::Object(schema)
}

/// The schema as it is published.
///
/// # Panics
/// Never: it is plain data.
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&wall()).expect("a schema is plain data");
    text.push('\n');
    text
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema.insert("required".to_owned(), json!(required));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = match &key.shape {
        Shape::Id => json!({ "type": "string", "pattern": format!("^[A-Za-z0-9-]{{1,{ID_CHARS_MAX}}}$") }),
        Shape::Text { chars, .. } => json!({ "type": "string", "minLength": 1, "maxLength": chars }),
        Shape::Word(words) => json!({ "enum": words() }),
        Shape::Time => json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" }),
        Shape::Zone => {
            json!({ "type": "string", "pattern": "^(UTC|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){1,2})$" })
        }
        Shape::Url => json!({
            "type": "string",
            "maxLength": URL_CHARS_MAX,
            "pattern": r"^(https://|http://(localhost|127\.|\[::1\])|/([^/]|$))",
        }),
        Shape::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Number { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Shape::Names => json!({
            "type": "array",
            "items": { "type": "string", "minLength": 1, "maxLength": NAME_CHARS_MAX },
            "maxItems": NAMES_MAX,
            "uniqueItems": true,
        }),
        Shape::Table(keys) => Value::Object(table(keys)),
        Shape::Tables { keys, max, .. } => {
            let mut items = table(keys);
            if key.name == "tiles" {
                items.insert("allOf".to_owned(), tiles());
            }
            json!({ "type": "array", "maxItems": max, "items": items })
        }
    };
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), json!(key.about));
    }
    schema
}

/// What each type of tile needs.
fn tiles() -> Value {
    let rules = TileKind::ALL.iter().filter_map(|kind| {
        let (needs, _) = of_tile(*kind);
        (!needs.is_empty()).then(|| {
            json!({
                "if": { "properties": { "type": { "const": kind.as_str() } }, "required": ["type"] },
                "then": { "required": needs },
            })
        })
    });
    Value::Array(rules.collect())
}
