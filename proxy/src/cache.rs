//! Answers of upstream that are shared for a while: one call for all who ask at the same time.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

/// Entries at most; when full, the old ones go.
const ENTRIES_MAX: usize = 2_000;

type Place<T> = Arc<tokio::sync::Mutex<Option<(Instant, T)>>>;

/// Answers by path.
#[derive(Debug)]
pub struct Shared<T>(Mutex<HashMap<String, Place<T>>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<T: Clone> Shared<T> {
    /// The answer of a path, asked for again when it is older than `age_max`. Errors are not kept.
    ///
    /// # Errors
    /// As `ask` fails.
    pub async fn get<E, F: Future<Output = Result<T, E>>>(
        &self,
        path: &str,
        age_max: Duration,
        ask: impl FnOnce() -> F,
    ) -> Result<T, E> {
        let place = {
            let mut places = self.0.lock().expect("nobody panics while holding the cache");
            if places.len() >= ENTRIES_MAX && !places.contains_key(path) {
                places.clear();
            }
            places.entry(path.to_owned()).or_default().clone()
        };
        let mut held = place.lock().await;
        if let Some((at, answer)) = held.as_ref()
            && at.elapsed() < age_max
        {
            return Ok(answer.clone());
        }
        let answer = ask().await?;
        *held = Some((Instant::now(), answer.clone()));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_serves_all_until_it_is_old() {
        let cache = Shared::default();
        let ask = |n: u32| async move { if n == 9 { Err(()) } else { Ok(n) } };
        let age = Duration::from_secs(10);
        assert_eq!(cache.get("a", age, || ask(9)).await, Err(()));
        assert_eq!(cache.get("a", age, || ask(1)).await, Ok(1));
        assert_eq!(cache.get("a", age, || ask(2)).await, Ok(1));
        tokio::time::advance(age).await;
        assert_eq!(cache.get("a", age, || ask(3)).await, Ok(3));
    }
}
