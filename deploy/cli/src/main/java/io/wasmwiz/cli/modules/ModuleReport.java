package io.wasmwiz.cli.modules;

import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.Module;
import io.wasmwiz.v1.ModuleExport;
import io.wasmwiz.v1.ModuleImport;
import io.wasmwiz.v1.ModuleProfile;
import io.wasmwiz.v1.ModuleTable;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/** What validation found in a module, for people: a line a matter, then one for each import and export. */
final class ModuleReport {
    private static final int LISTED = 100;

    private final PrintStream out;

    ModuleReport(PrintStream out) {
        this.out = out;
    }

    void print(Module module) {
        ModuleProfile profile = module.getProfile();
        line("memory", memory(profile));
        if (profile.getTablesCount() > 0) {
            line(
                    "tables",
                    profile.getTablesList().stream().map(ModuleReport::table).collect(Collectors.joining(", ")));
        }
        line(
                "functions",
                "%d in %s of code, the largest %s"
                        .formatted(
                                profile.getFunctionCount(),
                                Units.bytes(profile.getCodeBytes()),
                                Units.bytes(profile.getLargestFunctionBytes())));
        line("data", Units.bytes(profile.getDataBytes()));
        line("complexity", profile.getComplexity() + ", compile work " + profile.getCompileWork());
        line("start", profile.getHasStartSection() ? "a start section runs before _start" : "_start alone");
        line(
                "features",
                profile.getFeaturesCount() == 0 ? "WebAssembly 1.0" : String.join(", ", profile.getFeaturesList()));
        list("imports", imports(profile), profile.getMoreImports());
        list("exports", exports(profile), profile.getMoreExports());
    }

    void line(String name, String value) {
        out.println(name + " ".repeat(12 - name.length()) + Printable.line(value));
    }

    private void list(String name, List<String> items, long moreAtServer) {
        if (items.isEmpty()) {
            line(name, "none");
        }
        String heading = name;
        for (String item : items.subList(0, Math.min(LISTED, items.size()))) {
            line(heading, item);
            heading = "";
        }
        long more = moreAtServer + Math.max(0, items.size() - LISTED);
        if (more > 0) {
            line("", "and " + more + " more");
        }
    }

    private static List<String> imports(ModuleProfile profile) {
        return profile.getImportDetailsCount() == 0
                ? profile.getImportsList()
                : profile.getImportDetailsList().stream()
                        .map(ModuleReport::text)
                        .toList();
    }

    private static List<String> exports(ModuleProfile profile) {
        return profile.getExportDetailsCount() == 0
                ? profile.getExportsList()
                : profile.getExportDetailsList().stream()
                        .map(ModuleReport::text)
                        .toList();
    }

    private static String text(ModuleImport imported) {
        return imported.getModule() + "." + imported.getName() + "  " + imported.getType();
    }

    private static String text(ModuleExport export) {
        return export.getName() + "  " + export.getKind() + " " + export.getType();
    }

    private static String table(ModuleTable table) {
        String minimum = table.getElementType() + " from " + table.getMinimumElements();
        return table.hasMaximumElements()
                ? minimum + " to " + table.getMaximumElements() + " elements"
                : minimum + " elements";
    }

    private static String memory(ModuleProfile profile) {
        if (profile.getMemoryMinimumBytes() == 0 && !profile.hasMemoryMaximumBytes()) {
            return "starts with none" + (profile.getGrowsMemory() ? ", grows" : "");
        }
        return "starts with " + Units.bytes(profile.getMemoryMinimumBytes())
                + (profile.hasMemoryMaximumBytes()
                        ? ", declares at most " + Units.bytes(profile.getMemoryMaximumBytes())
                        : "")
                + (profile.getGrowsMemory() ? ", grows" : "");
    }
}
