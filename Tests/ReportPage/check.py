"""Checks a report in headless Chromium: python3 Tests/ReportPage/check.py RUNS REPORT

RUNS is the folder of the runs that the file REPORT is about. Needs Chromium, its driver, and the packages selenium and
axe-playwright-python, of which it uses the file of axe-core alone. Prints what is wrong, and exits with 1 if anything is.
"""
import glob, os, re, shutil, sqlite3, sys

os.environ["SE_OFFLINE"] = "true"
import axe_playwright_python
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

runs, page = sys.argv[1], "file://" + os.path.abspath(sys.argv[2])
axe = os.path.join(os.path.dirname(axe_playwright_python.__file__), "axe.min.js")
problems = []


def expect(is_so, what):
    if not is_so:
        problems.append(what)


def browser(scripts=True, dark=False, width=1024):
    options = webdriver.ChromeOptions()
    for word in ["--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={width},900"]:
        options.add_argument(word)
    if dark:
        options.add_argument("--force-dark-mode")
        options.add_argument("--blink-settings=preferredColorScheme=0")
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.get(page)
    return driver


def recorded(step):
    """The loss of each run at a step, from its file."""
    found = {}
    for path in glob.glob(os.path.join(runs, "**", "*.rheo"), recursive=True):
        with sqlite3.connect(path) as file:
            meta = dict(file.execute("SELECT key, value FROM meta"))
            row = file.execute("SELECT loss FROM step WHERE step = ?", [step]).fetchone()
            found[f"{meta['variant']}, seed {meta['seed']}"] = float(row[0]) if row and row[0] is not None else float("nan")
    return found


def check_values(driver):
    text = driver.find_element(By.ID, "values").text
    step = int(re.match(r"Loss at step (\d+)", text).group(1))
    truth = recorded(step)
    shown = dict(re.findall(r"([^:;]+, seed \d+): ([^;]+)", text.split(": ", 1)[1]))
    expect({name.strip() for name in shown} == set(truth), f"the values name {sorted(shown)}, not {sorted(truth)}")
    for name, value in shown.items():
        true = truth[name.strip()]
        isnan = true != true
        expect(value == "NaN" if isnan else abs(float(value) - true) <= 0.01 * abs(true), f"step {step}: {name} is {value}, not {true}")
    return step


for dark in [False, True]:
    for width in [390, 1024, 1600]:
        driver = browser(dark=dark, width=width)
        name = f"{'dark' if dark else 'light'}, {width} pixels"
        expect(not driver.get_log("browser"), f"{name}: console messages {driver.get_log('browser')}")
        driver.execute_script(open(axe, encoding="utf-8").read())
        found = driver.execute_async_script(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(arguments[arguments.length - 1])")
        for violation in found["violations"]:
            expect(False, f"{name}: {violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:200]}")
        expect(driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"), f"{name}: the page is wider than its window")
        driver.quit()

driver = browser()
last = check_values(driver)
slider = driver.find_element(By.ID, "step")
slider.send_keys(Keys.HOME)
expect(check_values(driver) == 0, "Home does not go to the first step")
slider.send_keys(Keys.ARROW_RIGHT)
expect(check_values(driver) > 0, "the right arrow does not go on")
# The pointer in the middle of the plot.
plot = driver.find_element(By.CSS_SELECTOR, "#loss-plot svg")
webdriver.ActionChains(driver).move_to_element(plot).perform()
expect(0.3 * last < check_values(driver) < 0.7 * last, "the pointer does not move the step")
# Sorting by a column.
buttons = driver.find_elements(By.CSS_SELECTOR, "#layers thead button")
buttons[-1].click()
column = [cell.text for cell in driver.find_elements(By.CSS_SELECTOR, "#layers tbody td:last-child")]
numbers = [float(cell) for cell in column if re.match(r"[\d.]", cell)]
expect(numbers == sorted(numbers) and len(numbers) > 1, f"the column is not sorted: {numbers[:5]}")
# All boxes off: no curve, no error.
for box in driver.find_elements(By.CSS_SELECTOR, "#controls input"):
    box.click()
expect("no number to draw" in driver.find_element(By.ID, "loss-plot").text, "no runs are drawn")
expect(not driver.get_log("browser"), "console messages after all that")
# What the keyboard reaches.
driver.get(page)
reached = set()
for _ in range(60):
    driver.switch_to.active_element.send_keys(Keys.TAB)
    element = driver.switch_to.active_element
    reached.add(element.get_attribute("id") or element.tag_name)
expect({"step", "a", "input", "svg", "div", "button"} <= reached, f"the keyboard reaches only {sorted(reached)}")
pdf = driver.print_page()
expect(len(pdf) > 50_000, "the page does not print")
driver.quit()

driver = browser(scripts=False)
expect(not driver.find_element(By.ID, "live").is_displayed(), "without scripts the live part is shown")
expect(all(image.size["width"] > 100 for image in driver.find_elements(By.TAG_NAME, "img")), "without scripts figures are missing")
expect(len(driver.find_elements(By.CSS_SELECTOR, "#layers tbody tr")) > 1, "without scripts the table of layers is empty")
driver.quit()

for problem in problems:
    print(problem)
print("report: all as it should be" if not problems else f"report: {len(problems)} faults")
sys.exit(1 if problems else 0)
