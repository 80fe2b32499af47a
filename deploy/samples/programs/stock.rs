//! Reads the price lists below `stock` and the orders on standard input, and reports with what Rust's library has: files,
//! directories, collections, parsing, formatting, errors, panics that are caught nowhere else.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

#[derive(Debug, Clone, PartialEq)]
struct Item {
    name: String,
    cents: i64,
    stock: u32,
}

#[derive(Debug)]
enum Fault {
    Io(String, io::ErrorKind),
    Line(usize, String),
    Unknown(String),
    Short { name: String, wanted: u32, stock: u32 },
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Io(path, kind) => write!(out, "{}: {:?}", path, kind),
            Fault::Line(number, text) => write!(out, "line {}: cannot read {:?}", number, text),
            Fault::Unknown(name) => write!(out, "no such item: {}", name),
            Fault::Short { name, wanted, stock } => write!(out, "{}: {} wanted, {} there", name, wanted, stock),
        }
    }
}

impl std::error::Error for Fault {}

/// Every list below `directory`, in the order of the names.
fn lists(directory: &Path, found: &mut Vec<std::path::PathBuf>) -> Result<(), Fault> {
    let fault = |error: io::Error| Fault::Io(directory.display().to_string(), error.kind());
    let mut entries: Vec<_> = fs::read_dir(directory).map_err(fault)?.collect::<Result<_, _>>().map_err(fault)?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        if entry.file_type().map_err(fault)?.is_dir() {
            lists(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn read_list(path: &Path, items: &mut HashMap<String, Item>) -> Result<(), Fault> {
    let fault = |error: io::Error| Fault::Io(path.display().to_string(), error.kind());
    let mut file = fs::File::open(path).map_err(fault)?;
    let size = file.metadata().map_err(fault)?.len();
    let mut magic = [0; 6];
    file.read_exact(&mut magic).map_err(fault)?;
    assert_eq!(&magic, b"items\n", "{}", path.display());
    let end = file.seek(SeekFrom::End(0)).map_err(fault)?;
    assert_eq!(end, size);
    file.seek(SeekFrom::Start(6)).map_err(fault)?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(fault)?;
        let fields: Vec<&str> = line.split(';').map(str::trim).collect();
        let item = match fields.as_slice() {
            [name, price, stock] => price.parse::<f64>().ok().zip(stock.parse().ok()).map(|(price, stock)| Item {
                name: name.to_string(),
                cents: (price * 100.0).round() as i64,
                stock,
            }),
            _ => None,
        };
        let item = item.ok_or_else(|| Fault::Line(number + 2, line.clone()))?;
        items.insert(item.name.to_lowercase(), item);
    }
    println!("{} ({} bytes)", path.display(), size);
    Ok(())
}

fn order(line: &str, items: &mut HashMap<String, Item>) -> Result<i64, Box<dyn std::error::Error>> {
    let (count, name) = line.split_once(' ').ok_or("an order is a number and a name")?;
    let wanted: u32 = count.parse()?;
    let item = items.get_mut(&name.to_lowercase()).ok_or_else(|| Fault::Unknown(name.into()))?;
    if item.stock < wanted {
        return Err(Fault::Short { name: item.name.clone(), wanted, stock: item.stock }.into());
    }
    item.stock -= wanted;
    Ok(item.cents * i64::from(wanted))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut items = HashMap::new();
    let mut paths = Vec::new();
    let read = lists(Path::new(arguments.get(0).map_or("stock", String::as_str)), &mut paths)
        .and_then(|()| paths.iter().try_for_each(|path| read_list(path, &mut items)));
    if let Err(fault) = read {
        eprintln!("stock: {}", fault);
        std::process::exit(2);
    }
    let mut total = 0;
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        let line = line.expect("standard input is UTF-8");
        match order(&line, &mut items) {
            Ok(cents) => {
                total += cents;
                println!("{:<24}{:>12.2}", line, cents as f64 / 100.0);
            }
            Err(error) => *refused.entry(error.to_string()).or_default() += 1,
        }
    }
    let mut left: Vec<&Item> = items.values().collect();
    left.sort_by(|a, b| b.cents.cmp(&a.cents).then_with(|| a.name.cmp(&b.name)));
    println!("{:<24}{:>12.2}", "total", total as f64 / 100.0);
    for Item { name, cents, stock } in left {
        println!("{:>6} {} at {}.{:02}", stock, name, cents / 100, cents % 100);
    }
    println!("{:?}", refused);
    io::stdout().flush().expect("standard output takes what it is given");
    if !refused.is_empty() {
        std::process::exit(1);
    }
}
