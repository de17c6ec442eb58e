//! The order of the program's functions. A compiler writes many that are nearly the same, and compression sees that the better the
//! nearer they stand: sorted, they are a fortieth less to download. What they do and how fast does not depend on their order.

use std::convert::Infallible;

use anyhow::{Context as _, Result};
use wasm_encoder::{
    CodeSection, FunctionSection, Module,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// Sorts the functions of a program by what they take and give, and then by what they are made of. Leaves out what a browser does not
/// read: names, and what tools note for one another.
pub fn sorted(program: &[u8]) -> Result<Vec<u8>> {
    let mut order = Order::of(program).context("the functions of the program")?;
    let mut module = Module::new();
    order.parse_core_module(&mut module, Parser::new(0), program).context("the program in its new order")?;
    Ok(module.finish())
}

/// Where each function goes. Functions from outside are counted first and stay.
struct Order {
    /// How many are from outside.
    imported: u32,
    /// The old places of the program's own, in their new order.
    old: Vec<usize>,
    /// The new number of each, in the old order.
    new: Vec<u32>,
}

impl Order {
    fn of(program: &[u8]) -> Result<Self> {
        let mut imported = 0;
        let mut types = Vec::new();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(program) {
            let payload = payload?;
            if let Payload::ImportSection(imports) = payload {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            } else if let Payload::FunctionSection(functions) = payload {
                types = functions.into_iter().collect::<Result<Vec<u32>, _>>()?;
            } else if let Payload::CodeSectionEntry(body) = payload {
                bodies.push(&program[body.range()]);
            }
        }
        let mut functions: Vec<_> = types.into_iter().zip(bodies).enumerate().collect();
        functions.sort_by_key(|(_, function)| *function);
        let old: Vec<usize> = functions.into_iter().map(|(old, _)| old).collect();
        let mut new = vec![0; old.len()];
        for (number, old) in (imported..).zip(&old) {
            new[*old] = number;
        }
        Ok(Self { imported, old, new })
    }
}

impl Reencode for Order {
    type Error = Infallible;

    fn function_index(&mut self, old: u32) -> Result<u32, Error<Infallible>> {
        let own = old.checked_sub(self.imported);
        Ok(own.map_or(old, |own| self.new[own as usize]))
    }

    fn parse_function_section(
        &mut self,
        section: &mut FunctionSection,
        types: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = types.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for old in &self.old {
            section.function(types[*old]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        section: &mut CodeSection,
        bodies: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = bodies.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for place in 0..self.old.len() {
            utils::parse_function_body(self, section, bodies[self.old[place]].clone())?;
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, CustomSection, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
        ImportSection, Instruction, RefType, StartSection, TableSection, TableType, TypeSection, ValType,
    };
    use wasmparser::{Element, ElementItems, Operator};

    /// One function from outside, then three of its own: one that gives 2, one that calls the others and is where the program
    /// starts, one that gives 1.
    fn program() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("outside", "hear", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(1).function(0).function(1);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 2,
            maximum: None,
            shared: false,
        });
        let mut exports = ExportSection::new();
        exports.export("two", ExportKind::Func, 1).export("one", ExportKind::Func, 3);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions([3, 0].as_slice().into()));
        let mut code = CodeSection::new();
        for instructions in [
            &[Instruction::I32Const(2), Instruction::End][..],
            &[
                Instruction::Call(0),
                Instruction::Call(1),
                Instruction::Drop,
                Instruction::Call(3),
                Instruction::Drop,
                Instruction::End,
            ],
            &[Instruction::I32Const(1), Instruction::End],
        ] {
            let mut function = Function::new([]);
            for instruction in instructions {
                function.instruction(instruction);
            }
            code.function(&function);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&exports);
        module.section(&StartSection { function_index: 2 }).section(&elements).section(&code);
        module.section(&CustomSection { name: "note".into(), data: b"for tools"[..].into() });
        module.finish()
    }

    /// What a program is made of, in words.
    fn read(program: &[u8]) -> Vec<String> {
        let mut parts = Vec::new();
        for payload in Parser::new(0).parse_all(program) {
            let payload = payload.unwrap();
            if let Payload::ExportSection(exports) = payload {
                let exports = exports.into_iter().map(Result::unwrap);
                parts.extend(exports.map(|export| format!("{} is {}", export.name, export.index)));
            } else if let Payload::StartSection { func, .. } = payload {
                parts.push(format!("starts at {func}"));
            } else if let Payload::ElementSection(elements) = payload {
                parts.extend(elements.into_iter().map(|element| table(element.unwrap())));
            } else if let Payload::CodeSectionEntry(body) = payload {
                parts.push(told(&body));
            } else if let Payload::CustomSection(section) = payload {
                parts.push(section.name().to_owned());
            }
        }
        parts
    }

    fn table(element: Element<'_>) -> String {
        let ElementItems::Functions(functions) = element.items else {
            panic!("only functions were put there")
        };
        let functions: Vec<u32> = functions.into_iter().map(Result::unwrap).collect();
        format!("table {functions:?}")
    }

    fn told(body: &FunctionBody<'_>) -> String {
        let operators = body.get_operators_reader().unwrap().into_iter().map(Result::unwrap);
        let told = operators.filter_map(|operator| {
            if let Operator::I32Const { value } = operator {
                Some(format!("gives {value}"))
            } else if let Operator::Call { function_index } = operator {
                Some(format!("calls {function_index}"))
            } else {
                None
            }
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn functions_are_sorted_and_keep_their_callers() {
        let old = program();
        walrus::Module::from_buffer(&old).unwrap();
        let expected = [
            "two is 1",
            "one is 3",
            "starts at 2",
            "table [3, 0]",
            "gives 2",
            "calls 0 calls 1 calls 3",
            "gives 1",
            "note",
        ];
        assert_eq!(read(&old), expected);

        let new = sorted(&old).unwrap();
        walrus::Module::from_buffer(&new).unwrap();
        let expected = [
            "two is 3",
            "one is 2",
            "starts at 1",
            "table [2, 0]",
            "calls 0 calls 3 calls 2",
            "gives 1",
            "gives 2",
        ];
        assert_eq!(read(&new), expected);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let error = sorted(b"no program").unwrap_err();
        assert_eq!(error.to_string(), "the functions of the program");
    }
}
