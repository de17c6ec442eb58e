//! `rollcall audit`: the log of who changed what, read where it lies.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use proxy::{
    audit::{
        chain::Head,
        export::{CSV_HEAD, csv_row},
        key,
    },
    config::Config,
    store::{Database, export_audit, verify_audit},
};

use super::{lifecycle::End, say, serve::environment};

/// Reads the audit log.
#[derive(Subcommand)]
pub enum Audit {
    Verify(Verify),
    Export(Export),
}

/// Names the first record that is not as it was written; exit code 1 when there is one.
///
/// Prints where the log ends. Keep that line elsewhere: given back with --head it shows that records were cut off.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// Where the log ended once, as it was printed then.
    #[arg(long, value_name = "NUMBER:SEAL", value_parser = head)]
    head: Option<Head>,
}

/// Prints every record, in the order of the log.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    place: Place,
    /// How.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
}

/// Where the log is.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// The folder in which data is kept.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A configuration file, which names that folder, and the database if the log is in one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A JSON object a line, the text that is sealed.
    Jsonl,
    /// A table, with a line of names above it.
    Csv,
}

impl Audit {
    /// Does it.
    pub fn run(self) -> Result<End> {
        match self {
            Self::Verify(verify) => {
                let (folder, database) = verify.place.find()?;
                let head = verify_audit(&folder, database.as_ref(), verify.head)?;
                say(format_args!(
                    "{} records, each as it was written; the log ends with\n{}:{}",
                    head.seq,
                    head.seq,
                    key::hex(&head.seal)
                ));
            }
            Self::Export(export) => {
                let format = export.format;
                if let Format::Csv = format {
                    say(CSV_HEAD);
                }
                let (folder, database) = export.place.find()?;
                export_audit(&folder, database.as_ref(), |text| match format {
                    Format::Jsonl => say(text),
                    Format::Csv => say(csv_row(text)),
                })?;
            }
        }
        Ok(End::Stopped)
    }
}

impl Place {
    /// The folder, and the database if the log is in one.
    fn find(&self) -> Result<(PathBuf, Option<Database>)> {
        let (folder, database) = match (&self.data, &self.config) {
            (Some(folder), _) => (Some(folder.clone()), None),
            (None, Some(file)) => {
                let config = Config::load(Some(file), None, &environment)?;
                (config.data, config.store)
            }
            (None, None) => (None, None),
        };
        let folder = folder.context("name the folder with --data DIR")?;
        if !folder.is_dir() {
            bail!(
                "{} is no folder; name the one in which Rollcall keeps its data with --data DIR",
                folder.display()
            );
        }
        Ok((folder, database))
    }
}

fn head(text: &str) -> Result<Head, String> {
    let parts = text.trim().split_once(':');
    let head = parts.and_then(|(seq, seal)| Some(Head { seq: seq.parse().ok()?, seal: key::parse(seal)? }));
    head.ok_or_else(|| {
        "expected a number, a colon and 64 hexadecimal digits, as `rollcall audit verify` prints".to_owned()
    })
}
