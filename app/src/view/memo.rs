//! Values that are worked out from signals and told on when they change. To the reactive library all of them are of one
//! type: one of its own for each would be a fiftieth of the download.

use std::{any::Any, marker::PhantomData, sync::Arc};

use leptos::prelude::{Memo as AnyMemo, With as _, WithUntracked as _};

/// A value that is worked out anew when what it reads changes.
pub struct Memo<T> {
    of: AnyMemo<Held>,
    kind: PhantomData<fn() -> T>,
}

/// A value of any type, and how two of them are compared.
#[derive(Clone)]
struct Held {
    value: Arc<dyn Any + Send + Sync>,
    same: fn(&Self, &Self) -> bool,
}

type Work = Box<dyn Fn(Option<&Held>) -> Held + Send + Sync>;

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    /// A value.
    pub fn new(work: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self::after(move |_| work())
    }

    /// A value that depends on the one before.
    pub fn after(work: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        let work = move |before: Option<&Held>| Held::new(work(before.map(Held::get)));
        Self { of: erased(Box::new(work)), kind: PhantomData }
    }

    /// Reads it, and follows it.
    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.of.with(|held| read(held.get()))
    }

    /// Reads it as it is now.
    pub fn with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.of.with_untracked(|held| read(held.get()))
    }

    /// A copy of it, and follows it.
    #[must_use]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }
}

fn erased(work: Work) -> AnyMemo<Held> {
    AnyMemo::new(work)
}

impl Held {
    fn new<T: PartialEq + Send + Sync + 'static>(value: T) -> Self {
        Self { value: Arc::new(value), same: |a, b| a.get::<T>() == b.get::<T>() }
    }

    fn get<T: 'static>(&self) -> &T {
        self.value.downcast_ref().expect("it is of the type of its memo")
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        (self.same)(self, other)
    }
}

impl<T> Copy for Memo<T> {}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}
