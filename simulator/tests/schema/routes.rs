//! The routes that the simulator has, read from its source: no list that somebody could forget to keep.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// Every route as `GET /api/v2/users/{userId}`, from the simulator's folder `src`.
pub fn all(source: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    collect(source, &mut files);
    let mut routes = BTreeSet::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        for (at, opening) in source.match_indices(".route(") {
            let arguments = within_parentheses(&source[at + opening.len()..]);
            // The world routes conversations too: a route of the router has a path and methods.
            if !arguments.contains(',') {
                continue;
            }
            let (path, methods) = split(arguments, &source).unwrap_or_else(|| {
                panic!("{}: a route whose path is not a text: {arguments}", file.display())
            });
            let methods: Vec<&str> = METHODS.into_iter().filter(|method| calls(methods, method)).collect();
            assert!(!methods.is_empty(), "{}: {path} has no method that this test knows", file.display());
            routes.extend(methods.iter().map(|method| format!("{} {path}", method.to_ascii_uppercase())));
        }
    }
    assert!(routes.len() > 20, "the routes are no longer found in the source: {routes:?}");
    routes
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Up to the parenthesis that closes what was opened before.
fn within_parentheses(source: &str) -> &str {
    let mut depth = 1;
    for (at, letter) in source.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &source[..at];
        }
    }
    source
}

/// The path and what follows; a path may be a constant of the same file.
fn split<'a>(arguments: &'a str, source: &'a str) -> Option<(&'a str, &'a str)> {
    let arguments = arguments.trim_start();
    if let Some(text) = arguments.strip_prefix('"') {
        return text.split_once('"');
    }
    let (name, methods) = arguments.split_once(',')?;
    let (_, constant) = source.split_once(&format!("const {}: &str = \"", name.trim()))?;
    Some((constant.split_once('"')?.0, methods))
}

/// Whether a function of this name is called, and not only one whose name ends like it.
fn calls(source: &str, name: &str) -> bool {
    source
        .match_indices(&format!("{name}("))
        .any(|(at, _)| !source[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_'))
}
