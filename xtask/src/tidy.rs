//! temp
use crate::Command;
/// The command.
pub const COMMAND: Command = Command { name: "tidy", summary: "x", help: "", run: |_| tidy() };
pub fn tidy() -> anyhow::Result<()> { Ok(()) }
