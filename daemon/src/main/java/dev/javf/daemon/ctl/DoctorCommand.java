package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.control.Request;
import dev.javf.daemon.doctor.Doctor;
import dev.javf.daemon.doctor.Finding;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code javfctl doctor}. */
@Command(
        name = "doctor",
        description =
                "Looks at this machine for what keeps the configuration from working: IOMMU,"
                        + " binding and groups, permissions, locked memory, huge pages, PFs. Each"
                        + " finding comes with the command that mends it. Needs no daemon, opens"
                        + " nothing and changes nothing; run it as the daemon's user to see its"
                        + " permissions.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all is well, as far as it can be seen",
            "1:warnings, or the configuration can't be read",
            "2:something can't work"
        })
final class DoctorCommand implements Callable<Integer> {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "the configuration (default: /etc/javf/javf.conf)")
    private Path file = ConfigurationReader.FILE_DEFAULT;

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "looks at a copy of a machine's files instead (default: /)")
    private Path root = Path.of("/");

    @Override
    public Integer call() throws ConfigurationException, ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        if (!Files.exists(file)) {
            throw new ControlClient.FailedException(
                    file + ": there is no such file; --config FILE names another");
        }
        final List<Finding> findings =
                Doctor.examine(ConfigurationReader.read(file), root, System.getenv());
        if (!program.printsJson(json(findings))) {
            final Colour colour = program.colour();
            for (final Finding finding : findings) {
                program.print(
                        colour.state(level(finding))
                                + " ".repeat(8 - level(finding).length())
                                + finding.check()
                                + ": "
                                + finding.fact()
                                + "\n"
                                + (finding.remedy().isEmpty()
                                        ? ""
                                        : "        -> " + finding.remedy() + "\n"));
            }
        }
        if (findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL)) {
            return 2;
        }
        return findings.stream().anyMatch(finding -> finding.level() == Finding.Level.WARN) ? 1 : 0;
    }

    /** As it is printed. */
    static String level(final Finding finding) {
        return finding.level().name().toLowerCase(Locale.ROOT);
    }

    private static ObjectNode json(final List<Finding> findings) {
        final ObjectNode answer = Request.MAPPER.createObjectNode();
        final ArrayNode array = answer.putArray("findings");
        for (final Finding finding : findings) {
            array.addObject()
                    .put("level", level(finding))
                    .put("check", finding.check())
                    .put("fact", finding.fact())
                    .put("remedy", finding.remedy());
        }
        return answer;
    }
}
