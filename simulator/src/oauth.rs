//! OAuth: how programs and people get tokens, and what a token stands for.
//!
//! | file | holds |
//! | --- | --- |
//! | [`tokens`] | the tokens that were given out, and their calls |
//! | [`rights`] | what the holder of a token may do |
//! | [`role`] | what people may do |
//! | [`pledge`] | authorization codes and refresh tokens: what can be turned into tokens |
//! | [`token_endpoint`] | `POST /oauth/token` |
//! | [`authorize`], [`page`] | `/oauth/authorize`: a person signs in by choosing who to be |

mod authorize;
mod page;
mod pledge;
mod rights;
mod role;
mod token_endpoint;
mod tokens;

pub(crate) use self::{
    authorize::{get_authorize, post_authorize},
    pledge::Pledges,
    rights::Rights,
    role::Role,
    token_endpoint::{post_token, refused},
    tokens::{Caller, Holder, Tokens, Usage},
};
