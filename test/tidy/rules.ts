// The tidy law as a list: each sentence with the rule that holds it.
// Next: test/tidy.test.ts asks each of the checkout; test/unit/tidy proves that each can find.
import { dependenciesAreDeclared, dependenciesAreFew } from './rules/dependencies.ts';
import { importsKeepDirection } from './rules/directions.ts';
import { consoleStaysHome, packagesStayHome, processStaysHome } from './rules/homes.ts';
import { designIsShort, filesAreShort, functionsAreShort, linesAreShort } from './rules/lengths.ts';
import { headingsAreThere, indexIsWhole, linksLead, namedFilesAreThere } from './rules/links.ts';
import { noMachineTraces } from './rules/machine-traces.ts';
import { namesSaySomething, topLevelIsKnown } from './rules/names.ts';
import { opensWithComment } from './rules/opening.ts';
import { importsMakeNoCycle, noFileIsDead } from './rules/paths.ts';
import { placesExist } from './rules/places-exist.ts';
import { testsAreEnough, usualFileIsShort, usualFunctionIsShort } from './rules/proportions.ts';
import { pureStaysPure } from './rules/purity.ts';
import { everyTestRuns } from './rules/skipped-tests.ts';
import { commentsPutNothingOff, typesHold } from './rules/words.ts';
import type { Rule } from './tree.ts';

export const RULES: Record<string, Rule> = {
  'every file opens with a comment that says what it is': opensWithComment,
  'no file is too long': filesAreShort,
  'no function is too long': functionsAreShort,
  'no line is too wide': linesAreShort,
  'design notes are a page each': designIsShort,
  'the usual file is short': usualFileIsShort,
  'the usual function is short': usualFunctionIsShort,
  'there is enough test for the code': testsAreEnough,
  'every name says something': namesSaySomething,
  'the top level holds only known names': topLevelIsKnown,
  'no comment puts work off or silences the compiler': commentsPutNothingOff,
  'nothing is cast to a type that allows everything': typesHold,
  'every test runs': everyTestRuns,
  'every place that the law names exists': placesExist,
  'pure places stay pure': pureStaysPure,
  'process is touched only where a program is wired or configured': processStaysHome,
  'the console is for tools only': consoleStaysHome,
  'a package with a home is imported only there': packagesStayHome,
  'imports go in the allowed direction': importsKeepDirection,
  'imports make no circle': importsMakeNoCycle,
  'no file is dead': noFileIsDead,
  'each program loads few packages': dependenciesAreFew,
  'each loaded package is declared': dependenciesAreDeclared,
  'every link between our pages leads somewhere': linksLead,
  'every link to a part of a page leads to a heading': headingsAreThere,
  'every file that a page names is there': namedFilesAreThere,
  'the index of the user guide names every page': indexIsWhole,
  'no file names a path of one machine or a registry': noMachineTraces,
};
