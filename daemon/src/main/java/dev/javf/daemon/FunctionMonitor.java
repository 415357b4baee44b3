package dev.javf.daemon;

import dev.javf.iavf.DriverCounters;
import dev.javf.iavf.FlightRecorder;
import dev.javf.iavf.PfStatistics;
import dev.javf.iavf.TrafficCounters;

/**
 * What any thread may read of a virtual function at any time, without disturbing anybody.
 *
 * @param counters what its driver has counted.
 * @param traffic what its queues have counted.
 * @param pfStatistics what its PF has counted, as of the last answer.
 * @param flightRecorder what happened last.
 */
public record FunctionMonitor(
        DriverCounters counters,
        TrafficCounters traffic,
        PfStatistics pfStatistics,
        FlightRecorder flightRecorder) {}
