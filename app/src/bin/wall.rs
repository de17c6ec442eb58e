//! The program of index.html.

fn main() {
    app::wall();
}
