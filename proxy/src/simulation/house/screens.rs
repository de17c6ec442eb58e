//! Screens that come, go and come back, and a machine client.

use std::sync::{Arc, Mutex};

use protocol::{ChannelId, WallId, wall::Names};
use tokio::sync::oneshot;

use super::{
    super::screen::{MemoryWire, Pipe, Texts},
    House,
    due::Due,
};
use crate::{
    feed::Input,
    relay::{Command, Owner, SubscribeMode},
};

impl House {
    pub(super) fn hears(&mut self) {
        let mut texts = Texts::default();
        for screen in self.screens.iter_mut().chain([&mut self.machine]) {
            screen.read(&mut texts);
        }
    }

    /// A screen begins or comes back.
    pub(super) fn comes(&mut self, n: usize) {
        if !self.process.book.read().expect("nobody panics while holding the book").complete {
            // A process that has just begun asks screens to come later.
            self.at(1_000, Due::Comes(n));
            return;
        }
        let since = self.screens[n].position.clone();
        let (reply, mut opened) = oneshot::channel();
        let (wall, owner) = (WallId::new("w"), Owner::new(&format!("screen {n}")));
        self.tell(Input::OpenWall { wall, names: Names::Full, owner, since, reply });
        let opened = opened.try_recv().expect("answered at once").expect("there is room");
        self.figures.screens += 1;
        let picture = &opened.picture;
        self.screens[n].begin(&self.process.epoch, picture.seq, opened.complete, &picture.frames);
        let pipe = self.attach(opened.id);
        self.screens[n].pipe = Some(pipe);
    }

    pub(super) fn attach(&mut self, channel: ChannelId) -> Arc<Mutex<Pipe>> {
        let (reply, mut expected) = oneshot::channel();
        self.process.hub.handle(Command::Expect { channel: channel.clone(), reply });
        let (_, ticket) = expected.try_recv().expect("answered at once").expect("the channel is there");
        let pipe = Arc::new(Mutex::new(Pipe::default()));
        self.process.hub.handle(Command::Attach {
            channel,
            ticket,
            wire: Box::new(MemoryWire(pipe.clone())),
        });
        pipe
    }

    /// A screen's network breaks; it comes back later.
    pub(in crate::simulation) fn cut(&mut self, n: usize, for_ms: i64) {
        if let Some(pipe) = self.screens[n].pipe.take() {
            let place = pipe.lock().expect("nobody panics").place;
            if let Some((key, uid)) = place {
                self.process.hub.handle(Command::Left { key, uid });
            }
            self.at(for_ms, Due::Comes(n));
        }
    }

    pub(super) fn subscribe_machine(&mut self) {
        let owner = Owner::new("machine");
        let (reply, mut opened) = oneshot::channel();
        self.process.hub.handle(Command::OpenChannel { owner: owner.clone(), reply });
        let channel = opened.try_recv().expect("answered at once").expect("there is room").id;
        let (reply, mut subscribed) = oneshot::channel();
        self.process.hub.handle(Command::Subscribe {
            channel: channel.clone(),
            owner,
            topics: self.world.topics().to_vec(),
            mode: SubscribeMode::Replace,
            strict: true,
            reply,
        });
        subscribed.try_recv().expect("answered at once").expect("it is there").expect("all are permitted");
        let pipe = self.attach(channel);
        self.machine.pipe = Some(pipe);
    }
}
