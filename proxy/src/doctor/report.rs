//! What was found, and how it is told to people and to machines. Pure.

use std::fmt;

use serde_json::{Value, json};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Whether the client is who it says.
    Credentials,
    /// Whether this machine knows the time.
    Clock,
    /// How many calls are granted, and left.
    Limits,
    /// Whether users can be read.
    Users,
    /// Whether presence definitions can be read.
    Presences,
    /// Whether queues can be read.
    Queues,
    /// Whether the figures of the moment can be read.
    Observations,
    /// Whether the figures of interval and day can be read.
    Figures,
    /// Whether agents can be changed.
    Writes,
    /// Whether what changes is told.
    Topics,
    /// Whether there is room for channels, and who else has some.
    Channels,
    /// Whether sockets go through the network.
    Socket,
    /// Whether everything fits into the channels.
    Capacity,
}

impl Check {
    /// As lines and machines name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Clock => "clock",
            Self::Limits => "limits",
            Self::Users => "users",
            Self::Presences => "presences",
            Self::Queues => "queues",
            Self::Observations => "observations",
            Self::Figures => "figures",
            Self::Writes => "writes",
            Self::Topics => "topics",
            Self::Channels => "channels",
            Self::Socket => "socket",
            Self::Capacity => "capacity",
        }
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Walls work, but somebody should know.
    Warning,
    /// Something will be missing on walls, or all of it.
    Fault,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// The id of the OAuth client; `None` for what concerns all.
    pub client: Option<String>,
    /// How it stands.
    pub verdict: Verdict,
    /// In words.
    pub says: String,
    /// What to do; empty where nothing is to be done.
    pub mend: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<8} {:<13}", self.verdict.name(), self.check.name())?;
        if let Some(client) = &self.client {
            write!(f, "{client}: ")?;
        }
        // What upstream says in words of its own may end in a full stop.
        f.write_str(self.says.trim_end_matches('.'))?;
        if !self.mend.is_empty() {
            write!(f, ". To mend it: {}", self.mend)?;
        }
        Ok(())
    }
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Where the API is.
    pub upstream: String,
    /// In the order of looking.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many of a kind there are.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// For machines, on one line.
    #[must_use]
    pub fn json(&self) -> String {
        let check = |finding: &Finding| {
            json!({
                "check": finding.check.name(),
                "client": finding.client,
                "verdict": finding.verdict.name(),
                "says": finding.says,
                "mend": (!finding.mend.is_empty()).then_some(&finding.mend),
            })
        };
        json!({
            "upstream": self.upstream,
            "version": env!("CARGO_PKG_VERSION"),
            "faults": self.count(Verdict::Fault),
            "warnings": self.count(Verdict::Warning),
            "checks": self.findings.iter().map(check).collect::<Vec<Value>>(),
        })
        .to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let (faults, warnings) = (self.count(Verdict::Fault), self.count(Verdict::Warning));
        if faults + warnings == 0 {
            return write!(f, "\n{} answers as it should.", self.upstream);
        }
        write!(f, "\n{}: {}, {}.", self.upstream, count(faults, "fault"), count(warnings, "warning"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(verdict: Verdict, mend: &str) -> Finding {
        let (client, says) = (Some("wall".to_owned()), "it is late".to_owned());
        Finding { check: Check::Clock, client, verdict, says, mend: mend.to_owned() }
    }

    #[test]
    fn a_check_is_a_line_with_its_verdict_as_a_word() {
        assert_eq!(finding(Verdict::Good, "").to_string(), "ok       clock        wall: it is late");
        assert_eq!(
            finding(Verdict::Warning, "set it").to_string(),
            "warning  clock        wall: it is late. To mend it: set it"
        );
    }

    #[test]
    fn a_report_counts_what_is_wrong() {
        let upstream = "https://api.example".to_owned();
        let findings = vec![finding(Verdict::Fault, "x"), finding(Verdict::Warning, "y")];
        let report = Report { upstream, findings };
        assert!(report.to_string().ends_with("\nhttps://api.example: 1 fault, 1 warning."));
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!((&json["faults"], &json["checks"][0]["mend"]), (&json!(1), &json!("x")));
        let good = Report { findings: vec![finding(Verdict::Good, "")], ..report };
        assert!(good.to_string().ends_with("answers as it should."));
    }
}
