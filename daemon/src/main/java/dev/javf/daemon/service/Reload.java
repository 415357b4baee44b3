package dev.javf.daemon.service;

import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.DaemonSection;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.config.PortSection;
import dev.javf.daemon.config.Problem;
import dev.javf.daemon.service.Service.Opened;
import dev.javf.daemon.service.Service.Reloaded;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One reload: finds what differs, and applies that. Functions that come are opened before anything
 * is changed, so that one that can't be opened changes nothing; only those whose device another one
 * still has wait until it is let go. For the worker's thread.
 */
final class Reload {
    private static final System.Logger LOGGER = System.getLogger(Reload.class.getName());

    private final Service service;
    private final Configuration next;
    private final Configuration before;
    private final Set<String> applied = new LinkedHashSet<>();
    private final List<String> needRestart = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();
    private final Map<String, ServiceFunction> kept = new LinkedHashMap<>();
    private final Map<String, ServiceFunction> leaving = new LinkedHashMap<>();
    private final List<FunctionSection> coming = new ArrayList<>();
    private final Map<String, Opened> opened = new LinkedHashMap<>();
    private final Map<String, ServiceFunction> come = new LinkedHashMap<>();

    /**
     * A reload.
     *
     * @param service to be changed.
     * @param next what it is to be; checked.
     */
    Reload(final Service service, final Configuration next) {
        this.service = service;
        this.next = next;
        before = service.configuration();
    }

    /**
     * Does it.
     *
     * @return completes when it is done.
     * @throws ConfigurationException if something can't be; nothing is changed.
     */
    CompletableFuture<Reloaded> apply() throws ConfigurationException {
        needRestart("daemon", next.daemon().sameAs(daemon()));
        needRestart("control", next.control().sameAs(before.control()));
        needRestart("metrics", next.metrics().sameAs(before.metrics()));
        needRestart("telemetry", next.telemetry().sameAs(before.telemetry()));
        needRestart("simulator", next.simulator().sameAs(before.simulator()));
        sort();
        checkRoom();
        openFree();
        service.functions(List.copyOf(kept.values()));
        applyKept();
        return CompletableFuture.allOf(
                        leaving.values().stream()
                                .map(service::remove)
                                .toArray(CompletableFuture[]::new))
                .thenComposeAsync(gone -> openRest(), service.worker())
                .thenApplyAsync(all -> done(), service.worker());
    }

    /** What the daemon was started with, with the level of the log that it has from now on. */
    private DaemonSection daemon() {
        return before.daemon().withLogLevelOf(next.daemon());
    }

    private void needRestart(final String section, final boolean isSame) {
        if (!isSame) {
            needRestart.add(section);
        }
    }

    /** Finds who stays, who goes and who comes; who must be opened anew goes and comes. */
    private void sort() {
        for (final ServiceFunction function : service.functions()) {
            leaving.put(function.name(), function);
        }
        for (final FunctionSection section : next.functions()) {
            final ServiceFunction function = leaving.get(section.name());
            if (function == null
                    || section.needsReopening(function.section())
                    || next.ownBuffers(section) != before.ownBuffers(function.section())) {
                coming.add(section);
            } else {
                kept.put(section.name(), function);
                leaving.remove(section.name());
            }
        }
        leaving.keySet().forEach(name -> applied.add("functions." + name));
        coming.forEach(section -> applied.add("functions." + section.name()));
    }

    /** There are as many packet buffers as there were at the start. */
    private void checkRoom() throws ConfigurationException {
        final long needed = next.functions().stream().mapToLong(FunctionSection::buffers).sum();
        final long available = before.daemon().packetBuffers();
        if (!coming.isEmpty() && needed > available) {
            throw new ConfigurationException(
                    List.of(
                            new Problem(
                                    coming.getFirst().values().place(),
                                    "functions." + coming.getFirst().name(),
                                    "all rings need "
                                            + needed
                                            + " packet buffers and the daemon was started with "
                                            + available
                                            + "; set daemon.packet-buffers and restart it")));
        }
    }

    /** Opens those that come whose device nobody has. */
    private void openFree() throws ConfigurationException {
        final List<String> taken =
                leaving.values().stream().map(function -> device(function.section())).toList();
        try {
            for (final FunctionSection section : coming) {
                if (!taken.contains(device(section))) {
                    opened.put(section.name(), Service.open(section, service.host()));
                }
            }
        } catch (final ConfigurationException e) {
            opened.values().forEach(each -> each.device().close());
            throw e;
        }
    }

    /** One name for each device; one that is gone keeps the name that it was configured by. */
    private String device(final FunctionSection section) {
        try {
            return section.device().resolve(service.host()).toString();
        } catch (final IllegalArgumentException | IllegalStateException e) {
            return section.device().toString();
        }
    }

    private void applyKept() {
        for (final FunctionSection section : next.functions()) {
            final ServiceFunction function = kept.get(section.name());
            if (function != null) {
                final List<PortSection> ports = next.portsOf(section.name());
                if (!section.sameAs(function.section())) {
                    applied.add("functions." + section.name());
                }
                function.apply(section, ports);
            }
        }
        differentPorts();
    }

    private void differentPorts() {
        for (final PortSection port : next.ports()) {
            if (before.ports().stream().noneMatch(port::sameAs)) {
                applied.add("ports." + port.name());
            }
        }
        for (final PortSection port : before.ports()) {
            if (next.ports().stream().noneMatch(other -> other.name().equals(port.name()))) {
                applied.add("ports." + port.name());
            }
        }
    }

    /** Opens those that come; those whose device is free only now can fail. */
    private CompletableFuture<Void> openRest() {
        final List<CompletableFuture<?>> starting = new ArrayList<>();
        for (final FunctionSection section : coming) {
            try {
                final Opened earlier = opened.get(section.name());
                starting.add(
                        service.add(
                                        section,
                                        earlier == null
                                                ? Service.open(section, service.host())
                                                : earlier,
                                        next)
                                .handle((function, error) -> {
                                    if (error == null) {
                                        arrived(section.name(), function);
                                    } else {
                                        failed("functions." + section.name() + ": " + error);
                                    }
                                    return error == null;
                                }));
            } catch (final ConfigurationException | IllegalArgumentException e) {
                failed(String.valueOf(e.getMessage()));
            }
        }
        return CompletableFuture.allOf(starting.toArray(CompletableFuture[]::new));
    }

    private synchronized void failed(final String reason) {
        failed.add(reason);
    }

    /** On the conductor's thread, before the stage behind it runs. */
    private synchronized void arrived(final String name, final ServiceFunction function) {
        come.put(name, function);
        final ServiceFunction earlier = leaving.get(name);
        if (earlier != null && !earlier.added().isEmpty()) {
            final var _ = function.addVlans(earlier.added());
        }
    }

    private synchronized Reloaded done() {
        final List<FunctionSection> sections = new ArrayList<>();
        final List<ServiceFunction> functions = new ArrayList<>();
        for (final FunctionSection section : next.functions()) {
            final ServiceFunction function =
                    kept.containsKey(section.name())
                            ? kept.get(section.name())
                            : come.get(section.name());
            if (function != null) {
                sections.add(section);
                functions.add(function);
            }
        }
        service.functions(functions);
        if (!daemon().sameAs(before.daemon())) {
            LogFormat.level(next.daemon().logLevel());
            applied.add("daemon.log-level");
        }
        service.applied(
                new Configuration(
                        daemon(),
                        before.control(),
                        before.metrics(),
                        before.telemetry(),
                        before.simulator(),
                        sections,
                        next.ports()));
        LOGGER.log(
                System.Logger.Level.INFO,
                "reloaded: changed " + applied + ", needs a restart " + needRestart);
        failed.forEach(reason -> LOGGER.log(System.Logger.Level.ERROR, reason));
        return new Reloaded(List.copyOf(applied), List.copyOf(needRestart), List.copyOf(failed));
    }
}
