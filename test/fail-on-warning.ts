// A Node warning (a leaked listener, a deprecated call) is a defect: it fails the run.

process.on("warning", (warning) => {
  throw warning;
});
