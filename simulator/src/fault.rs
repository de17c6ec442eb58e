//! Faults on order: what can be ordered, and what is in force.
//!
//! Pure: orders, time and events go in, decisions come out. The gate asks about calls, the
//! notification face about events and topics; those that strike a moment are carried out by
//! `control`. What each kind does stands in `docs/simulator.md`.
//!
//! | file | holds |
//! | --- | --- |
//! | [`kind`] | the kinds, and which members of an order mean something to each |
//! | [`order`] | an order, read from JSON and refused when it says what cannot be |
//! | [`route`] | which calls an order names |
//! | [`in_force`] | the faults that last |
//! | [`disturbance`] | what a fault does to a stream of events |

mod disturbance;
mod in_force;
mod kind;
mod order;
mod route;

pub(crate) use self::{
    disturbance::Event,
    in_force::{Call, CallRefusal, Faults},
    kind::Kind,
    order::Order,
};
