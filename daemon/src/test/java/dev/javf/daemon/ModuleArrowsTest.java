package dev.javf.daemon;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Linker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The arrows of docs/architecture.md: a module uses those above it in the list, and no others. */
class ModuleArrowsTest {
    private static final Map<String, Set<String>> ALLOWED =
            Map.of(
                    "linux", Set.of(),
                    "vfio", Set.of("linux"),
                    "packet", Set.of("linux"),
                    "virtchnl", Set.of("linux", "packet"),
                    "iavf", Set.of("linux", "vfio", "packet", "virtchnl"),
                    "sim", Set.of("linux", "vfio", "packet", "virtchnl"),
                    "virtio", Set.of("linux", "vfio", "packet", "virtchnl"),
                    "client", Set.of("linux", "packet", "virtchnl"),
                    "daemon",
                            Set.of(
                                    "linux",
                                    "vfio",
                                    "packet",
                                    "virtchnl",
                                    "iavf",
                                    "sim",
                                    "virtio",
                                    "client"));

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.javf");

    @Test
    void shouldPointOneWay() {
        for (final Map.Entry<String, Set<String>> module : ALLOWED.entrySet()) {
            final List<String> forbidden = new ArrayList<>();
            for (final String other : ALLOWED.keySet()) {
                if (!other.equals(module.getKey()) && !module.getValue().contains(other)) {
                    forbidden.add("dev.javf." + other + "..");
                }
            }
            if (forbidden.isEmpty()) {
                continue;
            }
            noClasses()
                    .that()
                    .resideInAPackage("dev.javf." + module.getKey() + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden.toArray(String[]::new))
                    .because("docs/architecture.md says which module may use which")
                    .check(CLASSES);
        }
    }

    @Test
    void shouldSeeEveryModule() {
        for (final String module : ALLOWED.keySet()) {
            assertThat(CLASSES.stream())
                    .as(module)
                    .anyMatch(type -> type.getPackageName().startsWith("dev.javf." + module));
        }
    }

    @Test
    void shouldKeepTheProtocolFreeOfThreadsClocksAndFiles() {
        noClasses()
                .that()
                .resideInAPackage("dev.javf.virtchnl..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.io..", "java.nio.file..", "java.util.concurrent..", "java.time..")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Thread.class)
                .check(CLASSES);
    }

    @Test
    void shouldCallNativeCodeInOneModuleOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.javf.linux..")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Linker.class)
                .check(CLASSES);
    }
}
