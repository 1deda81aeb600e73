/** The folder of this file: `lib/`, in the sources and in the compiled CommonJS, which has no `import.meta`. */
exports.libFolder = __dirname;
