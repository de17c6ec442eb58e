//! What is seen. Views read signals and write to the page; nothing goes back from here.
//!
//! Cards and tiles are many and change often. Each has one signal and one effect, which writes just what differs into
//! the nodes it keeps. Their markup stands as a constant at the top of the file.

pub mod agent_card;
pub mod alarm_list;
pub mod alarm_row;
pub mod alarm_ticker;
pub mod bind;
pub mod fit;
pub mod floor;
pub mod header;
pub mod highlight;
pub mod js;
pub mod leaderboard;
pub mod list;
pub mod live_badge;
pub mod long;
pub mod look;
pub mod memo;
pub mod modal;
pub mod notice;
pub mod pager;
pub mod part;
pub mod queue_table;
pub mod queue_tile;
pub mod queues;
pub mod room;
pub mod rotation;
pub mod spark;
pub mod staff;
pub mod states;
pub mod ticker;
pub mod tiles;
pub mod toolbar;
pub mod wall;
pub mod wall_list;
