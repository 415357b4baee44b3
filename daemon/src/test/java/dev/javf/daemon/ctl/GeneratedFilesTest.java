package dev.javf.daemon.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.service.JavfdProgram;
import dev.javf.testing.Machine;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.Test;

import picocli.AutoComplete;
import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps completion and manual pages equal to the programs. Where they aren't: {@code mvn test -pl
 * daemon -Dtest=GeneratedFilesTest -Djavf.docs=write} writes them anew.
 */
class GeneratedFilesTest {
    private static final Path DEPLOY = Repository.file("deploy");

    private static CommandLine javfctl() {
        return Javfctl.commandLine(new PrintWriter(new StringWriter()));
    }

    @Test
    void shouldCompleteEveryCommand() throws IOException {
        Repository.keep(
                DEPLOY.resolve("completion/javfctl"), AutoComplete.bash("javfctl", javfctl()));
    }

    @Test
    void shouldCompleteInBash() throws Exception {
        Machine.needsCommand("bash");
        final String script =
                "compopt() { :; }; source "
                        + DEPLOY.resolve("completion/javfctl").toAbsolutePath()
                        + "; COMP_WORDS=(javfctl vl); COMP_CWORD=1; _complete_javfctl;"
                        + " echo ${COMPREPLY[@]};"
                        + " COMP_WORDS=(javfctl vlan sh); COMP_CWORD=2; _complete_javfctl;"
                        + " echo ${COMPREPLY[@]}";
        final Process bash =
                new ProcessBuilder("bash", "-c", script).redirectErrorStream(true).start();
        assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("vlan\nshow\n");
    }

    @Test
    void shouldDescribeEveryCommand() throws IOException {
        Repository.keep(DEPLOY.resolve("man/javfctl.8"), ManPage.print(javfctl(), "javfd(8)"));
        Repository.keep(
                DEPLOY.resolve("man/javfd.8"),
                ManPage.print(new CommandLine(new JavfdProgram()), "javfctl(8), systemctl(1)"));
        assertThat(Files.readString(DEPLOY.resolve("man/javfctl.8")))
                .contains(".SS vlan add\n", "exit", "\\fB\\-\\-no\\-wait\\fR");
    }
}
