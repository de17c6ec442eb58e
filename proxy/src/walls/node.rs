//! What is written in a wall's file, with the place of each value: the same tree of TOML and of JSON.

use jsonc_parser::{ParseOptions, ast, common::Ranged as _};
use toml::de::{DeTable, DeValue};

use crate::config::document::{self, Faults, Place, Reported};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.json`
    Json,
}

impl Format {
    /// By the ending of a file's name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// A key with a value, as it is written.
    pub(super) fn line(self, key: &str, value: &str) -> String {
        match self {
            Self::Toml => format!("{key} = {value}"),
            Self::Json => format!("\"{key}\": {value}"),
        }
    }
}

/// A value and where it stands; in a table, where its key does.
#[derive(Debug)]
pub(crate) struct Node {
    pub(super) place: Place,
    pub(super) is: Is,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Is {
    Text(String),
    Number(f64),
    Bool,
    Date,
    Null,
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Is {
    /// In words, for a fault.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Bool => "true or false",
            Self::Date => "a date",
            Self::Null => "null",
            Self::List(_) => "a list",
            Self::Table(_) => "a section",
        }
    }
}

impl Node {
    /// A file's content.
    pub(super) fn parse(format: Format, text: &str, faults: &mut Faults<'_>) -> Result<Self, Reported> {
        match format {
            Format::Toml => Ok(Self::of_table(Place::at(0), &document::parse(text, faults)?)),
            Format::Json => Self::parse_json(text, faults),
        }
    }

    /// A section of a TOML file.
    pub(crate) fn of_table(place: Place, table: &DeTable<'_>) -> Self {
        let mut entries: Vec<(String, Self)> = table
            .iter()
            .map(|(key, value)| {
                let place = Place::at(key.span().start);
                (key.get_ref().to_string(), Self::of_toml(place, value.get_ref()))
            })
            .collect();
        entries.sort_by_key(|(_, node)| node.place);
        Self { place, is: Is::Table(entries) }
    }

    fn of_toml(place: Place, value: &DeValue<'_>) -> Self {
        let is = match value {
            DeValue::String(text) => Is::Text(text.to_string()),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix());
                Is::Number(number.map_or(f64::INFINITY, |number| number as f64))
            }
            DeValue::Float(number) => Is::Number(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(_) => Is::Bool,
            DeValue::Datetime(_) => Is::Date,
            DeValue::Array(items) => Is::List(
                items
                    .iter()
                    .map(|item| Self::of_toml(Place::at(item.span().start), item.get_ref()))
                    .collect(),
            ),
            DeValue::Table(table) => return Self::of_table(place, table),
        };
        Self { place, is }
    }

    fn parse_json(text: &str, faults: &mut Faults<'_>) -> Result<Self, Reported> {
        // The library reads more than JSON; a file that ends in .json is read by others too.
        let plain = ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed = jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &plain);
        let parsed = parsed.map_err(|error| {
            let mend =
                "write {\"key\": value, ...}, names and texts in double quotes, no comma after the last";
            faults.at(Place::at(error.range().start), format!("not JSON: {}; {mend}", error.kind()))
        })?;
        match parsed.value {
            Some(value) => Self::of_json(None, &value, faults),
            None => Err(faults.at(Place::at(0), "the file is empty; write {\"title\": \"Support floor\"}")),
        }
    }

    fn of_json(
        place: Option<Place>,
        value: &ast::Value<'_>,
        faults: &mut Faults<'_>,
    ) -> Result<Self, Reported> {
        let place = place.unwrap_or_else(|| Place::at(value.start()));
        let is = match value {
            ast::Value::StringLit(text) => Is::Text(text.value.to_string()),
            ast::Value::NumberLit(number) => Is::Number(number.value.parse().unwrap_or(f64::NAN)),
            ast::Value::BooleanLit(_) => Is::Bool,
            ast::Value::NullKeyword(_) => Is::Null,
            ast::Value::Array(array) => Is::List(
                array
                    .elements
                    .iter()
                    .map(|item| Self::of_json(None, item, faults))
                    .collect::<Result<_, _>>()?,
            ),
            ast::Value::Object(object) => {
                let mut entries: Vec<(String, Self)> = Vec::new();
                let mut outcome = Ok(());
                for property in &object.properties {
                    let (name, place) = (property.name.as_str(), Place::at(property.start()));
                    // TOML's parser refuses this by itself.
                    if entries.iter().any(|(other, _)| other == name) {
                        outcome = Err(faults.at(place, format!("\"{name}\" stands here twice; leave one")));
                        continue;
                    }
                    entries.push((name.to_owned(), Self::of_json(Some(place), &property.value, faults)?));
                }
                outcome?;
                Is::Table(entries)
            }
        };
        Ok(Self { place, is })
    }
}
