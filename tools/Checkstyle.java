import com.puppycrawl.tools.checkstyle.Main;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs checkstyle over the main sources of every module. */
public final class Checkstyle {
    private Checkstyle() {}

    public static void main(final String[] args) throws Exception {
        final List<String> arguments = new ArrayList<>(List.of("-c", args[0]));
        try (var paths = Files.walk(Path.of(args[1]).toRealPath())) {
            paths.map(Path::toString)
                    .filter(name -> name.endsWith(".java") && name.contains("/src/"))
                    .filter(name -> !name.contains("/target/"))
                    .forEach(arguments::add);
        }
        if (arguments.size() > 2) {
            Main.main(arguments.toArray(String[]::new));
        }
    }
}
