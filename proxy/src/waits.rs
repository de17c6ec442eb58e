//! What the first complete read waits for, in words, and how far it is. Pure.

use crate::{feed::book::Book, upstream::budget::BudgetView};

/// In words, for whoever opens a wall too early and for `/readyz`.
#[must_use]
pub fn words(book: &Book, budgets: &[BudgetView]) -> String {
    let mut words = vec![book.waits_for.clone()];
    // What any client may read waits with several at once.
    let waiting = |budget: &BudgetView| budget.waiting.iter().map(|(_, count)| count).sum::<usize>();
    if let Some(budget) = budgets.iter().max_by_key(|budget| waiting(budget))
        && waiting(budget) > 0
    {
        let granted = budget.allowed.map_or_else(String::new, |allowed| {
            format!(", since Genesys Cloud grants {allowed} a minute and {} are used", budget.used)
        });
        let next = budget
            .resets_in_s
            .map_or_else(String::new, |seconds| format!("; there are new ones in {seconds} s"));
        words.push(format!("calls wait for their turn ({}{granted}{next})", waiting(budget)));
    }
    let read = book.shards.iter().filter(|shard| shard.was_live).count();
    words.push(match book.shards.len() {
        0 => "users and queues are not listed yet".to_owned(),
        all => format!("{read} of {all} channels are read"),
    });
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{feed::book::ShardState, upstream::Purpose};

    #[test]
    fn it_says_that_calls_wait_and_how_far_the_read_is() {
        let mut book = Book { waits_for: "starting".to_owned(), ..Book::default() };
        assert_eq!(words(&book, &[]), "starting; users and queues are not listed yet");
        book.shards = vec![ShardState { was_live: true, ..ShardState::default() }, ShardState::default()];
        let none = Purpose::ALL.map(|purpose| (purpose, 0));
        let budget = BudgetView {
            allowed: Some(20),
            used: 20,
            left: Some(0),
            resets_in_s: Some(35),
            under_way: 0,
            started: Purpose::ALL.map(|purpose| (purpose, 0)),
            waiting: Purpose::ALL.map(|purpose| (purpose, usize::from(purpose == Purpose::Board) * 3)),
            paused_until: None,
        };
        let idle = BudgetView { waiting: none, ..budget.clone() };
        assert_eq!(
            words(&book, &[idle, budget]),
            "starting; calls wait for their turn (3, since Genesys Cloud grants 20 a minute and 20 are used; there are new \
             ones in 35 s); 1 of 2 channels are read"
        );
    }
}
